import { deliveries } from '../../lib/app/deliveries.ts';
import { takeDelivery } from '../../lib/app/ingest/take-delivery.ts';
import { names } from '../../lib/app/names.ts';
import type { DevicePorts } from '../../lib/app/ports.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { Configurations } from '../../lib/app/state/configurations.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { takeWakeUp } from '../../lib/app/sync/take-wake-up.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { Queues, Telemetry } from '../../lib/core/ports.ts';
import type { Device } from './firewall/device.ts';
import { type DeviceGuard, moduleOf } from './firewall/module.ts';
import type { Kernel } from './kernel/kernel.ts';
import { Process } from './kernel/process.ts';
import { type HubSpec, network } from './plan/spec.ts';
import { SimulatedBus } from './services/bus.ts';
import { type Environment, SimulatedFunction } from './services/functions.ts';
import { type Message, type QueueSettings, SimulatedQueue } from './services/queue.ts';
import { TableService } from './services/tables.ts';

export interface App {
  ports: DevicePorts;
  configurations: Configurations;
}

export interface HubOptions {
  devices: ReadonlyMap<string, Device>;
  guard: (hub: Hub) => DeviceGuard;
}

const minuteMs = 60_000;
/** There is always something under way: schedules and heartbeats go on. */
const underWayMs = 10_000;

/** One hub as it is deployed: tables, queues, bus, functions and schedules. */
export class Hub {
  readonly kernel: Kernel;
  /** What is configured, or was last tried to be. */
  spec: HubSpec;
  readonly tables: TableService;
  readonly queues = new Map<string, SimulatedQueue>();
  readonly bus: SimulatedBus;
  /** What a person's process is about to make active. */
  readonly candidates = new Map<Process, HubSpec>();
  /** Schedules tick. */
  ticking = true;
  readonly #options: HubOptions;
  readonly #guard: DeviceGuard;
  readonly #functions: Record<'ingest' | 'sync' | 'reconcile' | 'sweep', SimulatedFunction<App>>;
  #persons = 0;

  constructor(kernel: Kernel, spec: HubSpec, options: HubOptions) {
    this.kernel = kernel;
    this.spec = spec;
    this.#options = options;
    this.#guard = options.guard(this);
    this.tables = new TableService(kernel);
    const { name } = spec;
    const make = (what: string, timeoutSeconds: number): SimulatedFunction<App> =>
      new SimulatedFunction(kernel, {
        name: `${name}/${what}`,
        timeoutSeconds,
        compose: (process) => this.compose(process),
      });
    this.#functions = {
      ingest: make('ingest', deliveries.ingest.timeout),
      sync: make('sync', deliveries.wake.timeout),
      reconcile: make('reconcile', deliveries.reconcile.timeout),
      sweep: make('sweep', deliveries.sweep.timeout),
    };
    const ingest = this.#queue(names.ingestQueue(name), deliveries.ingest);
    this.bus = new SimulatedBus(kernel, (body) => ingest.send({ body }));
    this.#consume(ingest, 'ingest', ({ app, process }, message) =>
      takeDelivery(app, this.#delivery(process, ingest, message)).then(() => true),
    );
    const wake = this.#queue(names.wakeQueue(name, network), deliveries.wake);
    this.#consume(wake, 'sync', ({ app, process }, message) =>
      takeWakeUp(app, this.#delivery(process, wake, message)),
    );
    const reconcile = this.#queue(names.reconcileQueue(name, network), deliveries.reconcile);
    this.#consume(reconcile, 'reconcile', ({ app }, message) =>
      reconcileMessage(app.ports, app.configurations, message.body).then(() => true),
    );
    for (const cluster of spec.clusters) this.#queue(names.agentQueue(name, cluster.name), deliveries.agent);
    this.#everyMinute();
  }

  /** The product's ports as a process has them. */
  compose(process: Process): App {
    const tables = this.tables.portOf(process);
    const ports: DevicePorts = {
      hub: this.spec.name,
      tables,
      queues: this.#queuesOf(process),
      secrets: {
        read: () => process.call('secret', () => 'token'),
        readStage: (_, stage) => process.call('secret', () => (stage === 'current' ? 'token' : undefined)),
        forget: () => undefined,
        keep: () => undefined,
      },
      clock: process.clock,
      random: this.kernel.ids,
      telemetry: this.#telemetryOf(process),
      firewalls: {
        paper: moduleOf(process, this.spec.name, { devices: this.#options.devices, guard: this.#guard }),
      },
    };
    return { ports, configurations: new Configurations(tables) };
  }

  /** A person at the command line; what goes wrong is told and not repeated. */
  person(what: string, act: (app: App, process: Process) => Promise<unknown>): void {
    this.#persons += 1;
    const process = new Process(this.kernel, `${this.spec.name}/${what}#${this.#persons}`);
    this.kernel.tell(() => `${process.name} begins`);
    act(this.compose(process), process).then(
      () => this.kernel.tell(() => `${process.name} is done`),
      (error: unknown) => {
        this.kernel.tell(() => `${process.name} fails: ${String(error)}`);
        if (!(error instanceof ZonebridgeError))
          this.kernel.violate('no unexpected error', `${process.name}: ${(error as Error).stack}`);
      },
    );
  }

  /** Messages anywhere that are not just under way, those of agents left out: nobody has to be there to take them. */
  waiting(): { queue: string; body: string }[] {
    return [...this.queues]
      .filter(([, { settings }]) => !settings.name.includes('-agent-'))
      .flatMap(([queue, { messages }]) =>
        messages
          .filter(({ sentAt }) => sentAt < this.kernel.now - underWayMs)
          .map(({ body }) => ({ queue, body })),
      );
  }

  deviceOf(firewall: string): Device | undefined {
    const entry = this.spec.firewalls.find(({ name }) => name === firewall);
    return this.#options.devices.get(entry?.device ?? '');
  }

  get running(): number {
    return Object.values(this.#functions).reduce((sum, { running }) => sum + running, 0);
  }

  redrive(): void {
    for (const queue of this.queues.values()) queue.redrive();
  }

  #queue(
    name: string,
    times: {
      visibility: number;
      retention: number;
      deliveries: number;
      batch?: number;
      concurrency?: number;
    },
  ): SimulatedQueue {
    const settings: QueueSettings = {
      name,
      fifo: name.endsWith('.fifo'),
      visibilitySeconds: times.visibility,
      retentionSeconds: times.retention,
      deliveries: times.deliveries,
      batchSize: times.batch ?? 10,
      concurrency: times.concurrency ?? 10,
    };
    const queue = new SimulatedQueue(this.kernel, settings);
    this.queues.set(name, queue);
    return queue;
  }

  #consume(
    queue: SimulatedQueue,
    which: 'ingest' | 'sync' | 'reconcile',
    take: (environment: Environment<App>, message: Message) => Promise<boolean>,
  ): void {
    queue.consumer = (messages, done) =>
      this.#functions[which].invoke(
        async (environment) => {
          const ends = await Promise.allSettled(messages.map((message) => take(environment, message)));
          for (const end of ends)
            if (end.status === 'rejected' && !(end.reason instanceof ZonebridgeError)) throw end.reason;
          return messages.filter((_, index) => {
            const end = ends[index];
            return end?.status === 'fulfilled' && end.value;
          });
        },
        (deleted) => done(deleted ?? []),
      );
  }

  #delivery(process: Process, queue: SimulatedQueue, message: Message) {
    return {
      body: message.body,
      group: message.group,
      tries: message.receives,
      postpone: (seconds: number) => process.call('postpone', () => queue.postpone(message, seconds)),
    };
  }

  #queuesOf(process: Process): Queues {
    return {
      send: ({ queue, ...message }) =>
        process.call('send message', () => {
          const target = this.queues.get(queue);
          if (!target) throw new Error(`there is no queue ${queue}`);
          if (!this.kernel.strikes('queueFails')) return target.send(message);
          if (this.kernel.dice.chance(0.5)) target.send(message);
          throw new ZonebridgeError('store/unavailable', 'the queue did not answer');
        }),
    };
  }

  #telemetryOf(process: Process): Telemetry {
    return {
      metric: () => undefined,
      info: () => undefined,
      warn: (message, fields) => {
        this.kernel.tell(() => `${process.name}: ${message} ${JSON.stringify(fields ?? {}).slice(0, 300)}`);
        if (message === 'run failed')
          this.kernel.violate('no unexpected error', `${process.name}: ${String(fields?.['stack'])}`);
      },
    };
  }

  /** EventBridge Scheduler: the sweep each minute, a comparison of each firewall every quarter of an hour. */
  #everyMinute(): void {
    let minute = 0;
    const tick = (): void => {
      this.kernel.scheduler.after(minuteMs, tick);
      minute += 1;
      if (!this.ticking) return;
      if (!this.kernel.strikes('tickLost'))
        this.#functions.sweep.invoke(
          ({ app }) => sweep(app.ports, app.configurations),
          () => undefined,
        );
      const queue = this.queues.get(names.reconcileQueue(this.spec.name, network));
      for (const [index, { name }] of this.spec.firewalls.entries()) {
        if (minute % 15 !== (5 * index) % 15 || this.kernel.strikes('tickLost')) continue;
        queue?.send({ body: JSON.stringify({ firewall: name, reason: 'schedule' }) });
      }
    };
    this.kernel.scheduler.after(minuteMs, tick);
  }
}
