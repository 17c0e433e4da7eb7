import { AppsV1Api, CoreV1Api, KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import {
  type KubernetesSimulator,
  type KubernetesSimulatorOptions,
  startKubernetesSimulator,
} from '../../../lib/kubernetes/simulator/index.ts';
import { type Answer, type Call, rawClient } from './raw-client.ts';

export const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

export interface Simulated {
  simulator: KubernetesSimulator;
  config: KubeConfig;
  core: CoreV1Api;
  apps: AppsV1Api;
  call: (call: Call) => Promise<Answer>;
}

/** A simulated cluster that ends with the test, and clients of it. */
export async function simulated(options: KubernetesSimulatorOptions = {}): Promise<Simulated> {
  const simulator = await startKubernetesSimulator(options);
  onTestFinished(async () => simulator.stop());
  const config = new KubeConfig();
  config.loadFromFile(simulator.kubeconfig);
  return {
    simulator,
    config,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    call: rawClient(config),
  };
}
