import { names } from '../../lib/app/names.ts';
import { AddressPool } from './cluster/addresses.ts';
import { Agents } from './cluster/agents.ts';
import { Cluster } from './cluster/cluster.ts';
import { Receivers } from './cluster/inbox.ts';
import { Device } from './firewall/device.ts';
import { Hub } from './hub.ts';
import type { Kernel } from './kernel/kernel.ts';
import { DeviceWatch } from './oracle/device-watch.ts';
import { watchMonotony } from './oracle/monotony.ts';
import { watchOwners } from './oracle/owner-watch.ts';
import { StaleWatch } from './oracle/stale-watch.ts';
import { Truth } from './oracle/truth.ts';
import type { HubSpec } from './plan/spec.ts';
import type { Key } from '../../lib/core/ports.ts';
import { identityOf, objectName } from './plan/spec.ts';
import type { Plan } from './plan/steps.ts';

/** Addresses of a network: few enough to be reused all the time. */
const poolSize = 70;

export interface ClusterSide {
  cluster: Cluster;
  agents: Agents;
  hub: HubSide;
}

export interface HubSide {
  hub: Hub;
  truth: Truth;
  watch: DeviceWatch;
  stale: StaleWatch;
  clusters: ClusterSide[];
}

/** A member counts as taken off by hand only when a person did it: what the device lost by itself has to come back. */
function checkWithheld({ devices, kernel }: World, hub: Hub, key: Key): void {
  const [firewall, name] = key.pk.split('|');
  const address = key.sk?.split('|')[1] ?? '';
  const spec = hub.spec.firewalls.find((one) => one.name === firewall);
  const group = hub.spec.groups.find((one) => one.name === name);
  const device = devices.get(spec?.device ?? '');
  if (!device || !group || device.takenOff.has(`${objectName(hub.spec.name, group)}|${address}`)) return;
  kernel.violate('only people withhold', `${address} of ${key.pk}: nobody took it off ${device.name}`);
}

/** Tells every write of rows whose keys hold the text. */
function followRows({ kernel, tables }: Hub, text: string): void {
  tables.watchers.push((key, before, after) => {
    const name = `${key.table} ${key.pk} ${key.sk ?? ''}`;
    const what = after ? JSON.stringify(after) : 'gone';
    if (name.includes(text))
      kernel.tell(
        () => `${tables.writer?.name ?? 'late'}: ${name} ${before ? 'becomes' : 'begins as'} ${what}`,
      );
  });
}

/** Everything that a plan names, in working order. */
export class World {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly devices = new Map<string, Device>();
  readonly hubs: HubSide[];
  readonly clusters: ClusterSide[];

  constructor(kernel: Kernel, plan: Plan) {
    this.kernel = kernel;
    this.plan = plan;
    for (const name of plan.devices) this.devices.set(name, new Device(kernel, name));
    this.hubs = plan.hubs.map((spec) => this.#hubSide(spec));
    this.clusters = this.hubs.flatMap(({ clusters }) => clusters);
    this.#watchDevices();
  }

  #hubSide(spec: HubSpec): HubSide {
    const { devices, kernel } = this;
    const pools = new Map<string, AddressPool>();
    const clusters = spec.clusters.map((one) => {
      const pool = pools.get(one.network) ?? new AddressPool(one.network, poolSize, kernel.dice);
      pools.set(one.network, pool);
      return new Cluster(kernel, one, pool);
    });
    const truth = new Truth({ ...spec, groups: [] }, clusters, () => kernel.now);
    let watch: DeviceWatch | undefined;
    const hub = new Hub(kernel, spec, {
      devices,
      guard: () => ({
        sends: (process, firewall) => watch?.sends(process, firewall),
        touches: (change) => watch?.touches(change),
      }),
    });
    watch = new DeviceWatch(hub, truth);
    if (kernel.follow !== undefined) followRows(hub, kernel.follow);
    hub.tables.watchers.push(watchMonotony(kernel), watchOwners(kernel, truth), (key, before, after) => {
      const next = hub.tables.writer && hub.candidates.get(hub.tables.writer);
      if (key.pk !== 'configuration|active' || !after || !next) return;
      if (before?.['generation'] === after['generation']) return;
      kernel.tell(() => `hub ${spec.name}: generation ${JSON.stringify(after['generation'])} is active`);
      hub.spec = next;
      watch?.activated(next);
    });
    hub.tables.watchers.push((key, before, after) => {
      if (
        key.table === 'ledger' &&
        after?.['withheldFor'] !== undefined &&
        before?.['withheldFor'] === undefined
      )
        checkWithheld(this, hub, key);
    });
    const stale = new StaleWatch({ hub, truth, watch }, devices);
    const side: HubSide = { hub, truth, watch, stale, clusters: [] };
    side.clusters = clusters.map((cluster) => this.#clusterSide(side, cluster));
    return side;
  }

  #clusterSide(side: HubSide, cluster: Cluster): ClusterSide {
    const { hub, truth, watch } = side;
    const { name } = cluster.spec;
    const queue = hub.queues.get(names.agentQueue(hub.spec.name, name));
    if (!queue) throw new Error(`no queue for ${name}`);
    const identity = identityOf(name);
    const receivers = new Receivers(queue);
    const agents = new Agents(this.kernel, { api: cluster.api, bus: hub.bus, receivers, identity });
    cluster.api.watchers.push(({ kind, uid }) => truth.lookAt(cluster, kind === 'pod' ? uid : undefined));
    cluster.onDisplaced = (uid) => truth.lookAt(cluster, uid);
    cluster.onAssigned = (address) => watch.brakes.assignedAt.set(address, this.kernel.now);
    return { cluster, agents, hub: side };
  }

  #watchDevices(): void {
    for (const device of this.devices.values()) {
      device.onChange = (change, members) => {
        const [name, firewall = ''] = change.by.split('/');
        const side = this.hubs.find(({ hub }) => hub.spec.name === name);
        side?.watch.changed(device, firewall, change, members);
      };
    }
  }
}
