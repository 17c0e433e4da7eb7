import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { clusterSource, schemaVersion } from '../../../lib/core/model/messages.ts';
import { ListServer } from '../../../lib/app/lists/serve-lists.ts';
import type { Configuration } from '../../../lib/app/configuration/model.ts';
import { network } from '../../stack/fixtures/configuration.ts';
import { MemoryArchive } from '../../support/memory-archive.ts';
import { group as addressGroup, pod, World } from '../../support/world.ts';
import { type AlarmState, judge, Metrics } from './cloudwatch.ts';
import { deploy } from './deployed-functions.ts';
import type { Deployment, QueueTerms } from './deployment.ts';
import { DrillAgent } from './drill-agent.ts';
import { drillModules, fetchRequest } from './drill-lists.ts';
import { names } from '../../../lib/app/names.ts';
import { DrillCompute, rareParts, withRareFeatures } from './rare-features.ts';
import { FunctionHost } from './function-host.ts';
import { PrintedTelemetry } from './embedded-metrics.ts';
import { DeployedQueues } from './queues.ts';
import { StreamSource } from './stream-source.ts';

const hub = 'test';
const minuteMs = 60_000;
/** Deliveries of one moment; more means that a message is handed out again and again without any time between. */
const mostRounds = 1000;

/** The configuration whose stacks are deployed in the drills: firewall `edge` in network `lan`, clusters `one` and `two`. */
export function drillConfiguration(): Configuration {
  const { configuration } = new World([addressGroup('web')]);
  return {
    ...withRareFeatures(configuration),
    networks: { lan: network(1, { endpoints: 'existing' }) },
  };
}

/**
 * A deployed hub, minute by minute: the real handlers over tables in memory, queues with the terms of the templates, agents
 * that send heartbeats, schedules, and CloudWatch, which reads what is printed and how queues stand, and judges the alarms.
 */
export class DrillHub {
  readonly world = new World([addressGroup('web')]);
  readonly metrics = new Metrics();
  readonly queues: DeployedQueues;
  readonly host: FunctionHost;
  readonly telemetry: PrintedTelemetry;
  readonly archive = new MemoryArchive();
  readonly compute = new DrillCompute();
  readonly agents: Record<'one' | 'two', DrillAgent>;
  /** Queues and functions that bus and schedules cannot deliver to. */
  readonly undeliverable = new Set<string>();
  /** Runs before every call to the tables; throw to fail it, sleep to make it slow. */
  stateFault: (() => void | Promise<void>) | undefined;
  /** A firewall fetches the list of group `web` every minute. */
  fetching = true;
  readonly #deployment: Deployment;
  readonly #stream: StreamSource;
  readonly #states = new Map<string, AlarmState>();
  #minutes = 0;

  private constructor(deployment: Deployment) {
    this.#deployment = deployment;
    const { ports, clock, tables, configurations } = this.world;
    Object.assign(this.world.configuration, withRareFeatures(this.world.configuration));
    this.queues = new DeployedQueues(deployment.queues, clock);
    this.telemetry = new PrintedTelemetry(clock, this.metrics);
    this.host = new FunctionHost(clock, this.metrics);
    Object.assign(ports, { queues: this.queues, telemetry: this.telemetry, firewalls: drillModules });
    rareParts.compute = this.compute;
    const { host, metrics, queues } = this;
    this.#stream = new StreamSource(tables, { deployment, host, metrics, queues, clock });
    tables.beforeCall = async () => {
      await this.stateFault?.();
      await this.host.checkTime();
    };
    deploy({
      ports,
      configurations,
      audit: { hub, tables, clock, archive: this.archive },
      lists: new ListServer({ ports, configurations }, 'edge'),
      usage: { calls: 0, readUnits: 0, writeUnits: 0 },
      postpone: async (record, seconds) =>
        this.queues.hide(record.eventSourceARN, Number(record.receiptHandle), seconds),
    });
    this.agents = { one: this.#agent('one'), two: this.#agent('two') };
  }

  /** A hub that has run well for a while, with three pods in a group on its firewall. */
  static async start(deployment: Deployment): Promise<DrillHub> {
    const started = new DrillHub(deployment);
    await started.world.activate();
    await started.minutes(2);
    await started.pods(['a', '10.1.0.1'], ['b', '10.1.0.2'], ['c', '10.1.0.3']);
    await started.minutes(3);
    return started;
  }

  /** States of all alarms, by name without `zonebridge-<hub>-`. */
  get states(): ReadonlyMap<string, AlarmState> {
    return this.#states;
  }

  async minutes(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#minute();
  }

  /** Lets minutes pass until the alarm has the state, at most so many. */
  async until(alarm: string, state: AlarmState, most: number): Promise<void> {
    for (let i = 0; i < most && this.#states.get(alarm) !== state; i++) await this.#minute();
  }

  /** The agent of cluster `one` tells pods of the group `web`. */
  async pods(...pods: [uid: string, address: string][]): Promise<void> {
    const records = pods.map(([uid, address]) => pod(uid, address, { app: 'web' }));
    await this.tell('one', 'endpoints', {
      changes: records.map((record) => this.world.upsertChange(record)),
    });
  }

  async gone(...uids: string[]): Promise<void> {
    await this.tell('one', 'endpoints', { changes: uids.map((uid) => this.world.removeChange(uid)) });
  }

  /** An event of an agent, by the bus: its rule moves it into the ingest queue, or to what could not be delivered. */
  async tell(cluster: 'one' | 'two', type: string, detail: Record<string, unknown>): Promise<void> {
    const { account, region } = this.world.configuration.hub;
    const source = clusterSource({ account, region, name: cluster });
    const epoch = this.agents[cluster].epoch;
    const base = { schema: schemaVersion, sentAt: this.world.clock.now(), ...(epoch ? { epoch } : {}) };
    const event = { source, 'detail-type': type, detail: { ...base, ...detail } };
    const ingest = this.#deployment.rules.filter(({ to }) => to === names.ingestQueue(hub));
    for (const rule of ingest) await this.#deliver(rule, JSON.stringify(event));
    await this.work();
  }

  /** A ticket system answers a request for approval. */
  async answer(): Promise<void> {
    const { account } = this.world.configuration.hub;
    const detail = { schema: 1, request: 'r-1', digest: 'd', decision: 'approve', ticket: 'CHG-1' };
    const event = { source: 'tickets.example', account, 'detail-type': 'approval-answer', detail };
    await this.queues.send({ queue: names.answerQueue(hub), body: JSON.stringify(event) });
    await this.work();
  }

  /** Secrets Manager begins a rotation; it calls the function itself. */
  async rotate(): Promise<void> {
    const rotation = this.#deployment.functions.find(({ place }) =>
      place.endsWith('RotateCredentialFunction'),
    );
    if (!rotation) throw new Error('nothing rotates');
    const { account, region } = this.world.configuration.hub;
    const SecretId = `arn:aws:secretsmanager:${region}:${account}:secret:${names.secret(hub, 'edge')}-AbCdEf`;
    const ClientRequestToken = '00000000-0000-4000-8000-000000000000';
    await this.host.invoke(rotation, { Step: 'createSecret', SecretId, ClientRequestToken });
  }

  /** Hands out all messages that are visible now, until the minute is over. */
  async work(): Promise<void> {
    const end = this.#minuteEnd();
    let rounds = 0;
    for (let busy = true; busy && this.world.clock.now() < end; ) {
      if (++rounds > mostRounds) throw new Error('the queues do not come to rest');
      busy = false;
      for (const queue of this.queues.all) busy = (await this.#consume(queue)) || busy;
    }
  }

  #minuteEnd(): number {
    return (Math.floor(this.world.clock.now() / minuteMs) + 1) * minuteMs;
  }

  #agent(cluster: 'one' | 'two'): DrillAgent {
    const { queues, world } = this;
    const tell = (type: string, detail: Record<string, unknown>) => this.tell(cluster, type, detail);
    return new DrillAgent({ hub, cluster, clock: world.clock, queues, tell });
  }

  async #minute(): Promise<void> {
    const { clock } = this.world;
    const end = this.#minuteEnd();
    for (const agent of Object.values(this.agents)) await agent.minute();
    for (const schedule of this.#deployment.schedules) {
      if (this.#minutes % schedule.everyMinutes === 0) await this.#deliver(schedule, schedule.input);
    }
    this.#minutes += 1;
    await this.#fetch();
    await this.work();
    for (let next = this.#nextMessage(); next !== undefined && next < end; next = this.#nextMessage()) {
      await clock.sleep(next - clock.now());
      await this.work();
    }
    await this.#stream.deliver();
    this.#sampleQueues();
    await clock.sleep(Math.max(0, end - clock.now()));
    this.#judge();
  }

  async #fetch(): Promise<void> {
    const server = this.#deployment.functions.find(({ place }) => place.endsWith('ServeListsFunction'));
    if (server && this.fetching) await this.host.invoke(server, fetchRequest);
  }

  async #deliver(from: { to: string; deadLetters: string }, body: string): Promise<void> {
    if (this.undeliverable.has(from.to)) return this.queues.send({ queue: from.deadLetters, body });
    const target = this.#deployment.functions.find(({ place }) => place === from.to);
    if (!target) return this.queues.send({ queue: from.to, body });
    if (!this.host.throttled.has(target.place)) await this.host.invoke(target, JSON.parse(body));
  }

  async #consume({ id, consumer }: QueueTerms): Promise<boolean> {
    const target = this.#deployment.functions.find(({ place }) => place === consumer?.function);
    if (!consumer || !target || this.host.throttled.has(target.place)) return false;
    const messages = this.queues.receive(id, consumer.batch);
    if (messages.length === 0) return false;
    const Records = messages.map(
      ({ id: number, body, received, group }): Partial<SQSRecord> => ({
        messageId: String(number),
        receiptHandle: String(number),
        body,
        eventSource: 'aws:sqs',
        eventSourceARN: id,
        attributes: {
          ApproximateReceiveCount: String(received),
          MessageGroupId: group,
        } as SQSRecord['attributes'],
      }),
    );
    const answer = (await this.host.invoke(target, { Records })) as SQSBatchResponse | undefined;
    const failed = new Set((answer?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
    if (answer)
      for (const { id: number } of messages) if (!failed.has(String(number))) this.queues.delete(id, number);
    return true;
  }

  #nextMessage(): number | undefined {
    const consumed = this.queues.all.filter(
      ({ consumer }) => consumer && !this.host.throttled.has(consumer.function),
    );
    const times = consumed.flatMap(({ id }) => this.queues.nextVisible(id) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #sampleQueues(): void {
    const at = this.world.clock.now();
    for (const { id } of this.queues.all) {
      const { visible, oldestSeconds } = this.queues.attributes(id);
      const of = { namespace: 'AWS/SQS', dimensions: { QueueName: id } };
      this.metrics.put({ ...of, name: 'ApproximateNumberOfMessagesVisible' }, { at, value: visible });
      if (oldestSeconds !== undefined)
        this.metrics.put({ ...of, name: 'ApproximateAgeOfOldestMessage' }, { at, value: oldestSeconds });
    }
  }

  #judge(): void {
    const now = this.world.clock.now();
    for (const alarm of this.#deployment.alarms) {
      const name = alarm.name.replace(`zonebridge-${hub}-`, '');
      const before = this.#states.get(name) ?? 'INSUFFICIENT_DATA';
      this.#states.set(name, judge(alarm, this.metrics.datapoints(alarm, now), before));
    }
  }
}
