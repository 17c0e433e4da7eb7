import { untilStopped } from '../../simulators/until-stopped.ts';
import { startKubernetesSimulator } from './index.ts';

/** What the command line hands over. */
export interface SimulateKubernetesOptions {
  port?: number | undefined;
  nodes?: number | undefined;
  /** State file. */
  state?: string | undefined;
  /** Faults file. */
  faults?: string | undefined;
  /** Directory of the certificate authority and the kubeconfig. */
  directory?: string | undefined;
}

/**
 * Serves a simulated Kubernetes API until SIGINT or SIGTERM. Prints one JSON line
 * `{url, caFile, token, kubeconfig, pid}` when it is ready. Throws RangeError for options or files that do not fit.
 */
export async function simulateKubernetes(options: SimulateKubernetesOptions = {}): Promise<void> {
  const stopped = untilStopped();
  const simulator = await startKubernetesSimulator({
    port: options.port,
    nodes: options.nodes,
    stateFile: options.state,
    faultsFile: options.faults,
    directory: options.directory,
  });
  const { caFile, kubeconfig, token, url } = simulator;
  process.stdout.write(`${JSON.stringify({ url, caFile, token, kubeconfig, pid: process.pid })}\n`);
  await stopped;
  await simulator.stop();
}
