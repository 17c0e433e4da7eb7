import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { clusterSource, type ChangeCause, schemaVersion } from '../../lib/core/model/messages.ts';
import { defaultBrakes } from '../../lib/core/plan/brakes.ts';
import type { Configuration } from '../../lib/app/configuration/model.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { startWalk } from '../../lib/app/ingest/walk.ts';
import { names } from '../../lib/app/names.ts';
import type { DevicePorts } from '../../lib/app/ports.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { Configurations } from '../../lib/app/state/configurations.ts';
import { objectKey } from '../../lib/app/state/ledger.ts';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { comesBackAfter, parseWakeUp } from '../../lib/app/sync/wake-up.ts';
import { MemoryTables } from './memory-tables.ts';
import { PaperFirewall, paperFirewalls, paperModule } from './paper-firewall.ts';
import { FakeClock, MemorySecrets, RecordingQueues, RecordingTelemetry, SeededRandom } from './ports.ts';

const account = '111122223333';
const region = 'eu-central-1';
let worlds = 0;

export function group(name: string, more: Partial<AddressGroup> = {}): AddressGroup {
  return {
    name,
    addresses: 'pod',
    select: `app == '${name}'`,
    anyNamespace: true,
    usedIn: 'allow',
    maxMembers: 100_000,
    brakes: defaultBrakes,
    publish: [{ firewall: 'edge', channel: 'list', create: 'own', mode: 'sync', onForeignAdd: 'remove' }],
    ...more,
  };
}

export function pod(
  uid: string,
  address: string | string[],
  labels: Record<string, string>,
  more: Partial<EndpointRecord> = {},
): EndpointRecord {
  return {
    kind: 'pod',
    uid,
    name: uid,
    namespace: 'shop',
    labels,
    namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
    addresses: [address].flat(),
    node: 'n1',
    nodeAddresses: ['10.0.0.1'],
    hostNetwork: false,
    ...more,
  };
}

/** The product's use cases over ports in memory: one hub, clusters `one` and `two`, a firewall `edge`. */
export class World {
  readonly tables = new MemoryTables();
  readonly queues = new RecordingQueues();
  readonly telemetry = new RecordingTelemetry();
  readonly secrets = new MemorySecrets({ [names.secret('test', 'edge')]: 'token' });
  readonly clock = new FakeClock({ automatic: true });
  readonly device = new PaperFirewall();
  readonly ports: DevicePorts;
  readonly configurations: Configurations;
  configuration: Configuration;
  sequence = 0;
  epoch = 0;
  /** What the hub told the agents. */
  readonly told: unknown[] = [];

  constructor(groups: AddressGroup[]) {
    const device = `paper-${++worlds}`;
    paperFirewalls.set(device, this.device);
    this.configuration = configurationOf(device, groups);
    this.ports = {
      hub: 'test',
      tables: this.tables,
      queues: this.queues,
      secrets: this.secrets,
      clock: this.clock,
      random: new SeededRandom(1),
      telemetry: this.telemetry,
      firewalls: { paper: paperModule },
    };
    this.configurations = new Configurations(this.tables);
  }

  /** Activates the configuration without walking, and gives cluster `one` its first agent. */
  static async start(groups: AddressGroup[]): Promise<World> {
    const world = new World(groups);
    await world.activate();
    await world.hello('agent-process-1');
    return world;
  }

  async activate(): Promise<void> {
    const previous = await this.configurations.active().then(
      (active) => active.generation,
      () => 0,
    );
    await this.configurations.activate(this.configuration, {
      previous,
      author: 'test',
      principal: 'arn:aws:iam::111122223333:user/author',
      now: this.clock.now(),
    });
  }

  /** Activates changed groups and walks; `allow` is what the apply releases per group. */
  async apply(
    groups: AddressGroup[],
    allow: { add: number; remove: number } = { add: 1e6, remove: 1e6 },
  ): Promise<void> {
    this.configuration = {
      ...this.configuration,
      groups: Object.fromEntries(groups.map((one) => [one.name, one])),
    };
    await this.activate();
    const active = await this.configurations.active();
    for (const { name } of groups) {
      const set = { allowGeneration: active.generation, allowAdd: allow.add, allowRemove: allow.remove };
      await this.tables.write({ key: objectKey('edge', name), update: { set } });
    }
    await startWalk(this.ports, active);
    await this.settle();
  }

  async hello(process: string, cluster = 'one'): Promise<void> {
    await this.event('hello', { process, agentVersion: '1', sentAt: this.clock.now() }, cluster);
    if (cluster === 'one') this.epoch += 1;
  }

  async event(type: string, detail: Record<string, unknown>, cluster = 'one'): Promise<void> {
    const source = clusterSource({ account, region, name: cluster });
    await this.ingest(
      JSON.stringify({
        source,
        'detail-type': type,
        detail: { schema: schemaVersion, sentAt: this.clock.now(), ...detail },
      }),
    );
  }

  ingest(body: string): Promise<void> {
    return ingestMessage(this.ports, this.configurations, body);
  }

  upsertChange(record: EndpointRecord, cause: ChangeCause = 'watch'): Record<string, unknown> {
    return { sequence: ++this.sequence, time: this.clock.now(), cause, upsert: record };
  }

  removeChange(uid: string, cause: ChangeCause = 'watch'): Record<string, unknown> {
    return { sequence: ++this.sequence, time: this.clock.now(), cause, remove: { kind: 'pod', uid } };
  }

  async send(...changes: unknown[]): Promise<void> {
    await this.event('endpoints', { epoch: this.epoch, changes });
  }

  async upsert(record: EndpointRecord, cause: ChangeCause = 'watch'): Promise<void> {
    await this.send(this.upsertChange(record, cause));
    await this.settle();
  }

  async remove(uid: string, cause: ChangeCause = 'watch'): Promise<void> {
    await this.send(this.removeChange(uid, cause));
    await this.settle();
  }

  async wakeUp(): Promise<void> {
    await syncFirewall(this.ports, this.configurations, this.writerKey);
  }

  get writerKey(): string {
    const { device, plane } = this.configuration.firewalls['edge']?.settings ?? {};
    return `paper:${String(plane ?? device)}`;
  }

  /** A second firewall of the same management plane, as another VDOM of the device would be; call it before `activate`. */
  addSibling(id: string): PaperFirewall {
    const sibling = new PaperFirewall();
    const device = `paper-${++worlds}`;
    paperFirewalls.set(device, sibling);
    const edge = this.configuration.firewalls['edge'];
    if (!edge) throw new Error('no firewall edge');
    const plane = this.writerKey;
    this.configuration.firewalls = {
      edge: { ...edge, settings: { ...edge.settings, plane } },
      [id]: { ...edge, settings: { device, plane } },
    };
    this.secrets.values.set(names.secret('test', id), 'token');
    return sibling;
  }

  async reconcile(): Promise<void> {
    // What changed in the same millisecond is left to the next comparison.
    await this.clock.sleep(1);
    await reconcileMessage(
      this.ports,
      this.configurations,
      JSON.stringify({ firewall: 'edge', reason: 'test' }),
    );
    await this.settle();
  }

  /** Works off every queue until all are empty; postponed wake-ups come back after their time, at most `rounds` of them. */
  async settle(rounds = 12): Promise<void> {
    for (let round = 0; round < rounds; ) {
      const batch = this.queues.take();
      if (batch.length === 0) return;
      for (const { queue, body, group: within } of batch) {
        if (queue === names.ingestQueue(this.ports.hub)) await this.ingest(body);
        else if (queue === names.reconcileQueue(this.ports.hub, 'lan'))
          await reconcileMessage(this.ports, this.configurations, body);
        else if (queue === names.wakeQueue(this.ports.hub, 'lan'))
          round += await this.deliverWake(body, within);
        else this.told.push(JSON.parse(body));
      }
    }
  }

  private async deliverWake(body: string, within = ''): Promise<number> {
    const end = await syncFirewall(this.ports, this.configurations, parseWakeUp(body) ?? '');
    const seconds = comesBackAfter(end, within);
    if (seconds === undefined) return 0;
    await this.clock.sleep(seconds * 1000);
    await this.queues.send({ queue: names.wakeQueue(this.ports.hub, 'lan'), body, group: within });
    return 1;
  }

  on(name: string): string[] {
    return this.device.members(`obj-${name}`);
  }
}

function configurationOf(device: string, groups: AddressGroup[]): Configuration {
  const cluster = (name: string, ranges: string[]) => ({
    account,
    region,
    name,
    realm: 'default',
    ranges,
    sharedRanges: false,
    cell: 'a',
    namespace: 'zonebridge-system',
    serviceAccount: 'zonebridge-agent',
  });
  return {
    hub: { name: 'test', account, region, alarmEmails: [] },
    networks: {
      lan: { vpc: 'vpc-1', subnets: [], securityGroups: [], endpoints: 'existing', sourceRanges: [] },
    },
    clusters: { one: cluster('one', ['10.0.0.0/8', 'fd00::/8']), two: cluster('two', ['10.0.0.0/8']) },
    firewalls: {
      edge: {
        kind: 'paper',
        network: 'lan',
        realms: ['default'],
        reconcileMinutes: 15,
        settings: { device },
      },
    },
    groups: Object.fromEntries(groups.map((one) => [one.name, one])),
  };
}
