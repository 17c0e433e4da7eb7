/** Under which address a pod's IPv4 traffic leaves its node, with the setting that decides it. */
export type Translation =
  | { source: 'pod'; setting: string }
  | {
      source: 'node';
      setting: string;
      /** Canonical ranges of destinations towards which the pod's address stays. */
      except: readonly string[];
      /** The setting that excepts them. */
      exceptSetting: string;
      /** Destinations in the VPC keep the pod's address, too; which ranges that are the cluster does not know. */
      exceptVpc: boolean;
      /** What somebody who wants pod addresses has to change. */
      change: string;
    }
  | { source: 'unknown'; reason: string };

export interface ClusterNetwork {
  /** What gives pods their addresses, for people. */
  cni: string;
  /** Whether the VPC routes to the addresses of pods. */
  routable: 'yes' | 'no' | 'unknown';
  translation: Translation;
}

/** What is known of the plugin, but not what it does with addresses. */
export function undecided(network: Pick<ClusterNetwork, 'cni' | 'routable'>, reason: string): ClusterNetwork {
  return { ...network, translation: { source: 'unknown', reason } };
}
