import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { applyConfiguration } from '../../lib/app/commands/apply.ts';
import { planConfiguration } from '../../lib/app/commands/plan.ts';
import { modules } from '../../lib/app/compose-modules.ts';
import { loadConfiguration } from '../../lib/app/configuration/load.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { names } from '../../lib/app/names.ts';
import type { DevicePorts } from '../../lib/app/ports.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { Configurations } from '../../lib/app/state/configurations.ts';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { parseWakeUp } from '../../lib/app/sync/wake-up.ts';
import { systemRandom } from '../../lib/aws/system.ts';
import { clusterSource, schemaVersion } from '../../lib/core/model/messages.ts';
import type { Clock } from '../../lib/core/ports.ts';
import {
  type FortigateSimulator,
  startFortigateSimulator,
} from '../../lib/firewalls/fortigate/simulator/index.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import {
  type Groups,
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
  writeConfiguration,
} from '../../lib/sandbox/configuration.ts';
import { FirewallView } from '../../lib/sandbox/firewall-view.ts';
import { MemoryTables } from '../support/memory-tables.ts';
import { MemorySecrets, RecordingQueues, RecordingTelemetry } from '../support/ports.ts';

const firewall = 'edge';
const source = clusterSource({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });
const changesPerEvent = 200;

/** The system's clock, which can be put forward: an hour of waiting need not take one. */
class MovableClock implements Clock {
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  async sleep(milliseconds: number): Promise<void> {
    await delay(milliseconds);
  }

  skip(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}

/**
 * The hub's use cases in this process over tables in memory, and one simulated FortiGate over HTTPS: what our own code and the
 * firewall's API take, without the emulator. Real DynamoDB adds about 5 ms to each of the calls that are counted.
 */
export class InProcessHub {
  readonly simulator: FortigateSimulator;
  readonly view: FirewallView;
  readonly tables = new MemoryTables();
  readonly queues = new RecordingQueues();
  readonly clock = new MovableClock();
  readonly #directory: string;
  readonly #app: { ports: DevicePorts; configurations: Configurations };
  readonly #fields: Readonly<Record<string, unknown>>;
  #sequence = 0;

  private constructor(
    directory: string,
    simulator: FortigateSimulator,
    fields: Readonly<Record<string, unknown>>,
  ) {
    this.#fields = fields;
    this.#directory = directory;
    this.simulator = simulator;
    this.view = new FirewallView(simulator);
    const ports: DevicePorts = {
      hub: sandboxHub,
      tables: this.tables,
      queues: this.queues,
      secrets: new MemorySecrets({ [names.secret(sandboxHub, firewall)]: simulator.token }),
      clock: this.clock,
      random: systemRandom,
      telemetry: new RecordingTelemetry(),
      firewalls: firewallModules,
    };
    this.#app = { ports, configurations: new Configurations(this.tables) };
  }

  /** A hub with one cluster whose agent has said hello, and no group; `fields` go into the entry of the firewall. */
  static async start(fields: Readonly<Record<string, unknown>> = {}): Promise<InProcessHub> {
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-bench-'));
    const simulator = await startFortigateSimulator({ version: '7.4.4', certificateDirectory: directory });
    const hub = new InProcessHub(directory, simulator, fields);
    await hub.apply({});
    await hub.event('hello', { process: 'benchmark', agentVersion: '1' });
    await hub.work();
    return hub;
  }

  async stop(): Promise<void> {
    await this.simulator.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Plans and activates, as `zonebridge apply` does; nothing is worked off yet. */
  async apply(groups: Groups): Promise<void> {
    const firewalls = {
      [firewall]: { simulator: this.simulator, version: '7.4.4', fields: this.#fields },
    };
    const path = await writeConfiguration(this.#directory, { firewalls, groups });
    const { configuration } = await loadConfiguration(path, { modules });
    const { ports, configurations } = this.#app;
    const plans = await planConfiguration(ports, configurations, configuration);
    await applyConfiguration(this.#app, { configuration, plans, author: 'benchmark' });
  }

  /** Pods of a group come (with a fresh uid each) or go, in events as an agent sends them. */
  async pods(operation: 'come' | 'go', group: string, addresses: readonly string[]): Promise<void> {
    for (let from = 0; from < addresses.length; from += changesPerEvent) {
      const changes = addresses.slice(from, from + changesPerEvent).map((address) => {
        const uid = `${group}-${address}`;
        const body =
          operation === 'come'
            ? { upsert: podRecord(uid, address, group) }
            : { remove: { kind: 'pod', uid } };
        return { sequence: ++this.#sequence, time: this.clock.now(), cause: 'watch', ...body };
      });
      await this.event('endpoints', { epoch: 1, changes });
    }
  }

  private async event(type: string, detail: Record<string, unknown>): Promise<void> {
    const sentAt = this.clock.now();
    await this.ingest(
      JSON.stringify({ source, 'detail-type': type, detail: { schema: schemaVersion, sentAt, ...detail } }),
    );
  }

  private async ingest(body: string): Promise<void> {
    await ingestMessage(this.#app.ports, this.#app.configurations, body);
  }

  /** Works off all queues; a postponed wake-up puts the clock forward unless `wait`. Ends when nothing is left or it is `enough`. */
  async work(options: { wait?: boolean; enough?: () => boolean } = {}): Promise<void> {
    const { ports, configurations } = this.#app;
    while (!options.enough?.()) {
      const batch = this.queues.take();
      if (batch.length === 0) return;
      for (const message of batch) {
        const { queue, body } = message;
        if (queue === names.ingestQueue(ports.hub)) await this.ingest(body);
        else if (queue.includes('reconcile')) await reconcileMessage(ports, configurations, body);
        else if (queue.includes('wake')) {
          const { postponeSeconds } = await syncFirewall(ports, configurations, parseWakeUp(body) ?? '');
          if (postponeSeconds === undefined) continue;
          if (options.wait) await delay(postponeSeconds * 1000);
          else this.clock.skip(postponeSeconds * 1000);
          await this.queues.send(message);
        }
      }
    }
  }

  members(group: string, channel: 'push' | 'objects'): string[] {
    const vdom = this.simulator.device.vdom('root');
    if (channel === 'push') return this.view.members(group, channel) ?? [];
    const prefix = this.view.name(group, channel);
    const found: string[] = [];
    for (const [name, row] of vdom.table('firewall/addrgrp')?.rows ?? []) {
      if (!name.startsWith(prefix)) continue;
      for (const member of row.lists.get('member')?.keys() ?? [])
        if (member !== 'none' && !member.startsWith(`${prefix}_`))
          found.push(member.slice(member.lastIndexOf('-') + 1));
    }
    return found.sort();
  }

  calls(): { calls: number; writes: number } {
    let [calls, writes] = [0, 0];
    for (const { method, count } of this.simulator.requests.list()) {
      calls += count;
      if (method !== 'GET') writes += count;
    }
    return { calls, writes };
  }
}

/** Addresses of a range, as many as asked. */
export function addressesFrom(second: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.${second + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`);
}

function podRecord(uid: string, address: string, group: string): Record<string, unknown> {
  return {
    kind: 'pod',
    uid,
    name: uid,
    namespace: 'bench',
    labels: { group },
    namespaceLabels: { 'kubernetes.io/metadata.name': 'bench' },
    addresses: [address],
    node: 'n1',
    nodeAddresses: ['10.0.0.1'],
    hostNetwork: false,
  };
}
