import type { KubeConfig } from '@kubernetes/client-node';
import type { Entrance } from '../../lib/kubernetes/administration/cluster-api.ts';
import { configEntrance } from '../../lib/kubernetes/administration/kubeconfig.ts';

/** The way to the API that a kubeconfig in memory describes. */
export function entranceOf(config: KubeConfig): Entrance {
  return configEntrance(config, config.getCurrentCluster()?.server ?? '');
}
