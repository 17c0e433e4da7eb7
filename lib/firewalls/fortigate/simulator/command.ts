import { readFile } from 'node:fs/promises';
import { untilStopped } from '../../../simulators/until-stopped.ts';
import { startFortigateSimulator } from './index.ts';

/** What the command line hands over, as text where it was typed. */
export interface SimulateOptions {
  port?: number | undefined;
  version?: string | undefined;
  /** State file. */
  state?: string | undefined;
  /** Faults file. */
  faults?: string | undefined;
  /** Comma-separated VDOM names. */
  vdom?: string | undefined;
  /** File that holds the API token. */
  tokenFile?: string | undefined;
  /** Directory of the certificate authority. */
  certificates?: string | undefined;
}

/**
 * Serves a simulated FortiGate until SIGINT or SIGTERM. Prints one JSON line `{url, caFile, token, pid}` when it is ready.
 * Throws RangeError for options or files that do not fit.
 */
export async function simulateFortigate(options: SimulateOptions = {}): Promise<void> {
  const stopped = untilStopped();
  const token =
    options.tokenFile === undefined ? undefined : (await readFile(options.tokenFile, 'utf8')).trim();
  const simulator = await startFortigateSimulator({
    port: options.port,
    version: options.version,
    stateFile: options.state,
    faultsFile: options.faults,
    vdoms: options.vdom?.split(',').filter((name) => name !== ''),
    token,
    certificateDirectory: options.certificates,
  });
  const { url, caFile } = simulator;
  process.stdout.write(`${JSON.stringify({ url, caFile, token: simulator.token, pid: process.pid })}\n`);
  await stopped;
  await simulator.stop();
}
