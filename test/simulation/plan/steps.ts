import type { TableName } from '../../../lib/core/ports.ts';
import type { Trouble } from '../firewall/device.ts';
import type { Weather } from '../kernel/weather.ts';
import type { HubSpec } from './spec.ts';

/** `choice` picks among what there is when the step comes; the plan does not know. */
interface Chosen {
  choice: number;
}

/** What happens in a cluster. */
export type ClusterStep = Chosen & { in: 'cluster'; cluster: number } & (
    | { do: 'scale'; app: string; namespace: string; replicas: number; hostNetwork: boolean }
    | { do: 'rescale'; replicas: number }
    | { do: 'roll' | 'drop workload' | 'end pod' | 'remove pod' | 'lose node' | 'add node' }
    | { do: 'relabel pod'; app: string }
    | { do: 'add namespace' | 'relabel namespace'; namespace: string; stage: string }
    | { do: 'delete namespace'; namespace: string }
  );

/** What happens to the agent of a cluster and to the API it watches. */
export type AgentStep = { in: 'agent'; cluster: number } & (
  | { do: 'crash' | 'restart' | 'compact' }
  | { do: 'pause'; seconds: number; replaced: boolean }
);

/** What happens to a device. */
export type DeviceStep = Chosen & { in: 'device'; device: number } & (
    | { do: 'trouble'; trouble: Trouble; seconds: number }
    | {
        do:
          | 'refuse address'
          | 'fill up'
          | 'heal'
          | 'fail over'
          | 'replace'
          | 'restart'
          | 'back up'
          | 'restore';
      }
    | { do: 'fail over to an older state' }
  );

/** What people do on a device. */
export type PeopleStep = Chosen & { in: 'people'; device: number } & {
  do:
    | 'make object'
    | 'take our name'
    | 'clone'
    | 'rename'
    | 'delete object'
    | 'edit comment'
    | 'add member'
    | 'remove member'
    | 'offer'
    | 'withdraw offer';
};

/** What people and fate do to a hub. */
export type HubStep = Chosen & { in: 'hub'; hub: number } & (
    | { do: 'apply'; groups: HubSpec['groups'] }
    | { do: 'approve' | 'restore member' | 'compare' | 'redrive' | 'back up tables' }
    | { do: 'outage'; minutes: number }
    | { do: 'restore table' | 'lose table'; table: TableName }
  );

/** What people order and decide at the command line; `whole` means all firewalls. */
export type OrderStep = Chosen & { in: 'order'; hub: number } & (
    | { do: 'pause' | 'resume'; whole: boolean }
    | { do: 'quarantine'; what: 'address' | 'pod' | 'used address' }
    | { do: 'lift' | 'reject' | 'approve own' }
  );

export type Step = (ClusterStep | AgentStep | DeviceStep | PeopleStep | HubStep | OrderStep) & {
  /** Time until the next step, milliseconds. */
  wait: number;
};

/** Everything a seed means: made before anything runs, so that parts of it can be left out. */
export interface Plan {
  seed: number;
  weather: Weather;
  hubs: readonly HubSpec[];
  /** Devices by name. */
  devices: readonly string[];
  steps: readonly Step[];
}
