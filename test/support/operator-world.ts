import { archiveChanges } from '../../lib/app/audit/archive-changes.ts';
import type { Operator } from '../../lib/app/compose-operator.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { names } from '../../lib/app/names.ts';
import type { DevicePorts } from '../../lib/app/ports.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { Configurations } from '../../lib/app/state/configurations.ts';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { parseWakeUp } from '../../lib/app/sync/wake-up.ts';
import { runCli, type Ran, type RunOptions, temporaryFolder } from '../../lib/cli/test-io.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { clusterSource, schemaVersion } from '../../lib/core/model/messages.ts';
import { type NetworkReport, networkVersion } from '../../lib/core/network/report.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { fortigate } from '../../lib/firewalls/fortigate/index.ts';
import {
  startFortigateSimulator,
  type FortigateSimulator,
} from '../../lib/firewalls/fortigate/simulator/index.ts';
import {
  type Groups,
  sandboxAccount,
  sandboxCluster,
  sandboxHub,
  sandboxRegion,
  writeConfiguration,
} from '../../lib/sandbox/configuration.ts';
import { LedgerStream } from './ledger-stream.ts';
import { MemoryArchive } from './memory-archive.ts';
import { MemoryTables } from './memory-tables.ts';
import { FakeClock, MemorySecrets, RecordingQueues, RecordingTelemetry, SeededRandom } from './ports.ts';

/** The command line over a hub in memory and a simulated FortiGate `edge`. Whatever waits lets the hub work meanwhile. */
export class OperatorWorld {
  readonly folder: string;
  readonly simulator: FortigateSimulator;
  readonly queues = new RecordingQueues();
  readonly secrets = new MemorySecrets();
  readonly archive = new MemoryArchive();
  readonly stream: LedgerStream;
  readonly clock = new FakeClock({ now: Date.now(), automatic: true });
  readonly operator: Operator;
  readonly telemetry = new RecordingTelemetry();
  /** Runs whenever something waits, before the hub works. */
  whileWaiting: (() => Promise<void>) | undefined;
  /** Who AWS says runs the command. */
  principal: string | undefined = 'arn:aws:iam::000000000000:user/ada';
  #sequence = 0;
  #draining = false;

  private constructor(folder: string, simulator: FortigateSimulator) {
    this.folder = folder;
    this.simulator = simulator;
    const tables = new MemoryTables();
    this.stream = new LedgerStream(tables, this.clock);
    const ports: DevicePorts = {
      hub: sandboxHub,
      tables,
      queues: this.queues,
      secrets: this.secrets,
      clock: {
        now: () => this.clock.now(),
        sleep: async (milliseconds) => {
          // The hub itself waits, too: what happens then is part of its work.
          if (!this.#draining) await this.whileWaiting?.();
          await this.work();
          await this.clock.sleep(milliseconds);
        },
      },
      random: new SeededRandom(1),
      telemetry: this.telemetry,
      firewalls: firewallModules,
    };
    this.operator = {
      ports,
      configurations: new Configurations(tables),
      archive: this.archive,
      caller: { principal: async () => this.principal },
      credentials: this.secrets,
    };
  }

  /** With the given groups in the file, and more fields of the firewall's entry; nothing is applied and no credential stored yet. */
  static async start(groups: Groups, fields: Record<string, unknown> = {}): Promise<OperatorWorld> {
    const world = new OperatorWorld(await temporaryFolder(), await startFortigateSimulator());
    await world.write(groups, fields);
    return world;
  }

  /** `fields` are more fields of the firewall's entry, `more` further sections. */
  async write(
    groups: Groups,
    fields: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
  ): Promise<void> {
    const edge = { simulator: this.simulator, version: '7.4.4', fields };
    await writeConfiguration(this.folder, { firewalls: { edge }, groups }, more);
  }

  storeToken(): void {
    this.secrets.values.set(names.secret(sandboxHub, 'edge'), this.simulator.token);
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return runCli(argv, { cwd: this.folder, connect: () => this.operator, ...options });
  }

  /** The object of `--json`, with the exit code. */
  async json(
    argv: readonly string[],
    options: RunOptions = {},
  ): Promise<{ code: number; result: Record<string, unknown> }> {
    const { code, stdout } = await this.run([...argv, '--json'], options);
    return { code, result: JSON.parse(stdout) as Record<string, unknown> };
  }

  /** The agent of the cluster says hello and tells pods. */
  async tell(...records: EndpointRecord[]): Promise<void> {
    const now = this.clock.now();
    const event = (type: string, detail: Record<string, unknown>): Promise<void> =>
      this.ingest(type, { schema: schemaVersion, sentAt: now, ...detail });
    await event('hello', { process: 'agent-process-1', agentVersion: '1' });
    const changes = records.map((upsert) => ({
      sequence: ++this.#sequence,
      time: now,
      cause: 'watch',
      upsert,
    }));
    await event('endpoints', { epoch: 1, changes });
    await this.work();
  }

  /** The agent, which has said hello, tells what it read of the network of its cluster. */
  async tellNetwork(report: NetworkReport, number = 1): Promise<void> {
    await this.ingest('network', {
      schema: schemaVersion,
      sentAt: this.clock.now(),
      epoch: 1,
      version: networkVersion,
      number,
      report,
    });
  }

  private ingest(type: string, detail: Record<string, unknown>): Promise<void> {
    const source = clusterSource({ account: sandboxAccount, region: sandboxRegion, name: sandboxCluster });
    const { ports, configurations } = this.operator;
    return ingestMessage(ports, configurations, JSON.stringify({ source, 'detail-type': type, detail }));
  }

  /** Works off what lies in the queues, as the functions would. */
  async work(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let batch = this.queues.take(); batch.length > 0; batch = this.queues.take())
        for (const { queue, body } of batch) await this.deliver(queue, body);
    } finally {
      this.#draining = false;
    }
  }

  private async deliver(queue: string, body: string): Promise<void> {
    const { ports, configurations } = this.operator;
    if (queue === names.ingestQueue(sandboxHub)) await ingestMessage(ports, configurations, body);
    else if (queue === names.reconcileQueue(sandboxHub, 'net-edge'))
      await reconcileMessage(ports, configurations, body);
    else if (queue === names.wakeQueue(sandboxHub, 'net-edge'))
      await syncFirewall(ports, configurations, parseWakeUp(body) ?? '');
  }

  /** Delivers what the stream of the ledger has, as it comes ten seconds later. */
  async archiveAll(): Promise<void> {
    const { tables, clock } = this.operator.ports;
    const ports = { hub: sandboxHub, tables, clock, archive: this.archive };
    await archiveChanges(ports, this.stream.take(), { historyDays: 90 });
  }

  /** Addresses the device enforces for a group. */
  members(group: string): string[] {
    const name = fortigate.objectName({ hub: sandboxHub, group, channel: 'push' });
    return [...this.simulator.device.vdom('root').feeds.read(name).entries.keys()].sort();
  }

  stop(): Promise<void> {
    return this.simulator.stop();
  }
}

/** A group of pods by their label `app`, pushed to `edge`. */
export function pushed(app: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    addresses: 'pod',
    select: `app == '${app}'`,
    anyNamespace: true,
    usedIn: 'allow',
    maxMembers: 1000,
    publish: [{ firewall: 'edge', channel: 'push', create: 'own', mode: 'sync' }],
    ...more,
  };
}
