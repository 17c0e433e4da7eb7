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

/** A cluster that somebody has already, reached by a kubeconfig; it is neither started nor stopped. */
export interface GivenApi {
  api: 'given';
  kubeconfig: string;
  /** The kubeconfig's own unless given. */
  context: string | undefined;
}

export type ApiSource = ClusterParts | GivenApi;

/** A Kubernetes API of the sandbox, whichever it is. */
export interface SandboxApi {
  /** Path of a kubeconfig: an administrator's, or what was given. */
  kubeconfig: string;
  /** The kubeconfig's own unless given. */
  context?: string | undefined;
  /** Further environment of its agent. */
  agentSettings?: Record<string, string>;
  stop(): Promise<void>;
}

/** The real API where it was built before, because building takes minutes; otherwise the simulator. */
export async function defaultApi(): Promise<ApiKind> {
  return (await isBuilt()) ? 'real' : 'simulator';
}

/** Starts an API in a folder, unless it is there. Throws `command/prerequisite` when the real one cannot be built or started. */
export async function startApi(
  source: ApiSource,
  directory: string,
  progress: (line: string) => void,
): Promise<SandboxApi> {
  if (source.api === 'given') return reach(source);
  const { api, controllers, nodes } = source;
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

/** In a cluster of somebody the agent reads pods, nodes and namespaces and nothing else, and writes nothing, not even its Lease. */
function reach({ kubeconfig, context }: GivenApi): SandboxApi {
  return {
    kubeconfig,
    context,
    agentSettings: {
      ZONEBRIDGE_LEASE: 'off',
      ZONEBRIDGE_NETWORK_REPORT: 'off',
      ...(context === undefined ? {} : { ZONEBRIDGE_CONTEXT: context }),
    },
    stop: async () => undefined,
  };
}
