import { startKubernetesSimulator } from '../../kubernetes/simulator/index.ts';
import { isBuilt } from './binaries.ts';
import { startKubernetes } from './start.ts';

export type ApiKind = 'real' | 'simulator';

/** What there shall be of a cluster. */
export interface ClusterParts {
  api: ApiKind;
  /** Deployments make pods, and pods find nodes. */
  controllers: boolean;
  /** Nodes with the annotation `kwok.x-k8s.io/node: fake` run pods. */
  nodes: boolean;
}

/** A Kubernetes API of the sandbox, whichever it is. */
export interface SandboxApi {
  /** Path of the kubeconfig of an administrator. */
  kubeconfig: string;
  stop(): Promise<void>;
}

/** The real API where it was built before, because building takes minutes; otherwise the simulator. */
export async function defaultApi(): Promise<ApiKind> {
  return (await isBuilt()) ? 'real' : 'simulator';
}

/** Starts an API in a folder. Throws `command/prerequisite` when the real one cannot be built or started. */
export async function startApi(
  { api, controllers, nodes }: ClusterParts,
  directory: string,
  progress: (line: string) => void,
): Promise<SandboxApi> {
  if (api === 'simulator') {
    const simulator = await startKubernetesSimulator({ directory, controllers: controllers && nodes });
    progress(`the simulated Kubernetes API answers at ${simulator.url}`);
    return simulator;
  }
  return startKubernetes({
    directory,
    controllers,
    scheduler: controllers,
    kwok: nodes,
    onProgress: ({ message, elapsedMs }) => progress(`${message} (${Math.round(elapsedMs / 1000)} s)`),
  });
}
