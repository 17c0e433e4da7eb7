import { untilStopped } from './until-stopped.ts';
import type { SimulatorStart, VendorSimulator } from './vendor.ts';

/** Serves a simulated firewall until SIGINT or SIGTERM. Prints one JSON line with url, caFile, the login and pid when it is ready. */
export async function serveSimulator(vendor: VendorSimulator, request: SimulatorStart): Promise<void> {
  const stopped = untilStopped();
  const simulator = await vendor.start(request);
  const { url, caFile, login } = simulator;
  process.stdout.write(`${JSON.stringify({ url, caFile, ...login, pid: process.pid })}\n`);
  await stopped;
  await simulator.stop();
}
