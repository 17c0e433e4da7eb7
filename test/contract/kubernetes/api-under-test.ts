import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKubernetesSimulator } from '../../../lib/kubernetes/simulator/index.ts';
import { startKubernetes } from '../../../lib/sandbox/kubernetes/start.ts';

/** A Kubernetes API, real or simulated, without controllers: nothing in it happens by itself. */
export interface ApiUnderTest {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  url: string;
  /** Ends it and starts it again on the same address: watches of before cannot be resumed, its objects are all there. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export type StartApi = () => Promise<ApiUnderTest>;

export async function startSimulatedApi(): Promise<ApiUnderTest> {
  const simulator = await startKubernetesSimulator({ controllers: false });
  const { kubeconfig, url } = simulator;
  return { kubeconfig, url, restart: async () => simulator.restart(100), stop: async () => simulator.stop() };
}

export async function startRealApi(): Promise<ApiUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'zonebridge-api-'));
  const directory = join(folder, 'api');
  const onProgress = ({ message }: { message: string }): void => console.log(message);
  let kubernetes = await startKubernetes({ directory, onProgress });
  const { kubeconfig, url } = kubernetes;
  return {
    kubeconfig,
    url,
    restart: async () => {
      await kubernetes.stop({ keep: true });
      kubernetes = await startKubernetes({ directory, port: Number(new URL(url).port) });
    },
    stop: async () => {
      await kubernetes.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
