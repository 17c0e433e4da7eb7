import { contentHash } from '../../lib/core/model/content-hash.ts';
import { endpointId, type EndpointRecord, parseEndpointId } from '../../lib/core/model/endpoint.ts';
import {
  askAgainAfter,
  type GateCondition,
  type GateRules,
  gatesMost,
  gatesVersion,
  published,
  whenLate,
} from '../../lib/core/gates/gate.ts';
import { detailTypes, type GatesDetail, schemaVersion } from '../../lib/core/model/messages.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import type { PodProjection } from '../../lib/kubernetes/projection.ts';
import { ApiError, waitAfter } from './api-error.ts';
import type { EventBus, Gates } from './ports.ts';
import type { AgentStatus } from './status.ts';
import { backOff, Bell, pause } from './timing.ts';

/** Often enough that nobody waits for the look, seldom enough to cost nothing while pods wait. */
const lookMilliseconds = 500;
/** Conditions written at the same time. */
const width = 8;
const writeRetry = { base: 1_000, cap: 60_000 };

export interface GateKeeperOptions {
  gates: Gates;
  rules: GateRules;
  bus: EventBus;
  clock: Clock;
  random: Random;
  status: AgentStatus;
  /** The epoch under which to ask; undefined: not now, or a hub that takes no questions. */
  epoch: () => number | undefined;
  pod: (uid: string) => PodProjection | undefined;
  record: (id: string) => EndpointRecord | undefined;
}

interface Waiting {
  pod: PodProjection;
  /** When it had an address, as far as this process saw. */
  since: number;
  asked: number;
  askAt: number;
  /** It waited for too long, and goes on waiting. */
  late: boolean;
  /** Writes in a row that failed. */
  failures: number;
  /** What the last of them met; undefined when it went well. */
  failure: string | undefined;
  /** Not written again before. */
  writeAt: number;
}

/**
 * Opens the readiness gates of pods whose addresses are on every firewall of their groups: asks the hub for those that wait, and lets them go after their
 * time-out, also when no hub answers. An open gate is never closed again: that would take traffic from a pod that serves.
 */
export class GateKeeper {
  readonly #options: GateKeeperOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #bell = new Bell();
  /** Until when the Kubernetes API asks to be left alone. */
  #restUntil = 0;

  constructor(options: GateKeeperOptions) {
    this.#options = options;
    options.status.gatesWaiting = () => this.#waiting.size;
  }

  /** A pod may have come, changed or gone. */
  touch(id: string): void {
    const { kind, uid } = parseEndpointId(id);
    if (kind !== 'pod') return;
    const pod = this.#options.pod(uid);
    const waits =
      pod?.gate === 'closed' &&
      pod.addresses.length > 0 &&
      // A namespace may be called `constructor`.
      Object.hasOwn(this.#options.rules, pod.namespace);
    if (!waits) {
      this.#waiting.delete(uid);
      return;
    }
    const now = this.#options.clock.now();
    const known = this.#waiting.get(uid) ?? {
      since: now,
      asked: 0,
      askAt: now + askAgainAfter(0),
      late: false,
      failures: 0,
      failure: undefined,
      writeAt: 0,
    };
    this.#waiting.set(uid, { ...known, pod });
    this.#bell.ring();
  }

  /** What the hub answered; a pod that changed since is asked about again. */
  async published(pods: readonly (readonly [string, string])[]): Promise<void> {
    const open = pods.filter(([uid, hash]) => this.#waiting.has(uid) && this.#hashOf(uid) === hash);
    await this.#writeAll(open.map(([uid]) => [uid, published]));
  }

  async run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!stop.aborted) {
      if (this.#waiting.size === 0) await this.#bell.wait(stop);
      await this.look();
      await pause(clock, lookMilliseconds, stop);
    }
  }

  /** Lets go whoever waited too long, and asks about those whose time it is. Never throws. */
  async look(): Promise<void> {
    await this.#letGo();
    try {
      await this.#ask();
    } catch (error) {
      this.#options.status.notSent(error);
    }
  }

  async #letGo(): Promise<void> {
    const { clock, rules } = this.#options;
    const now = clock.now();
    const late: [string, GateCondition][] = [];
    for (const [uid, { pod, since, late: known, writeAt }] of this.#waiting) {
      const rule = rules[pod.namespace];
      const condition = rule && whenLate(rule, now - since);
      if (condition && !known && writeAt <= now) late.push([uid, condition]);
    }
    await this.#writeAll(late);
  }

  async #ask(): Promise<void> {
    const { bus, clock, epoch, status } = this.#options;
    const current = epoch();
    const now = clock.now();
    if (current === undefined) return;
    const pods = this.#due(now);
    if (pods.length === 0) return;
    const head = { schema: schemaVersion, epoch: current, sentAt: now, version: gatesVersion };
    const detail: GatesDetail = { ...head, pods };
    const [refused] = await bus.putEvents([
      { detailType: detailTypes.gates, detail: JSON.stringify(detail) },
    ]);
    if (refused !== undefined) status.notSent(refused);
    else status.accepted(0);
  }

  /** Whose time it is, longest due first, with the content that is meant. Who has no record yet takes nobody's place. */
  #due(now: number): [uid: string, hash: string][] {
    const due = [...this.#waiting].filter(([, { askAt }]) => askAt <= now);
    const pods: [string, string][] = [];
    for (const [uid, waiting] of due.sort(([, a], [, b]) => a.askAt - b.askAt)) {
      const hash = this.#hashOf(uid);
      if (hash === undefined) continue;
      waiting.asked += 1;
      waiting.askAt = now + askAgainAfter(waiting.asked);
      if (pods.push([uid, hash]) === gatesMost) break;
    }
    return pods;
  }

  /** Undefined while its namespace is not known: then it was not told either. */
  #hashOf(uid: string): string | undefined {
    const record = this.#options.record(endpointId({ kind: 'pod', uid }));
    return record && contentHash(record);
  }

  async #writeAll(conditions: readonly [string, GateCondition][]): Promise<void> {
    const rest = [...conditions];
    const writeSome = async (): Promise<void> => {
      for (let next = rest.pop(); next; next = rest.pop()) await this.#write(...next);
    };
    await Promise.all(Array.from({ length: Math.min(width, rest.length) }, writeSome));
  }

  async #write(uid: string, condition: GateCondition): Promise<void> {
    const { clock, gates, status } = this.#options;
    const waiting = this.#waiting.get(uid);
    if (!waiting || clock.now() < Math.max(waiting.writeAt, this.#restUntil)) return;
    const { namespace, name } = waiting.pod;
    try {
      // A pod that is gone, or another one under its name, needs nothing: the watch tells the rest.
      await gates.write({ namespace, name, uid }, { ...condition, at: clock.now() });
      if (condition.status === 'True') this.#waiting.delete(uid);
      else waiting.late = true;
      this.#succeeded(waiting);
      status.gateWritten(condition);
      if (condition.reason === 'NotPublishedInTime')
        status.warn('gate-late', `${namespace}/${name}: ${condition.message}`);
    } catch (error) {
      this.#failed(waiting, error);
    }
  }

  #succeeded(waiting: Waiting): void {
    const failed = waiting.failure !== undefined;
    waiting.failures = 0;
    waiting.failure = undefined;
    if (failed && !this.#fails(() => true)) this.#options.status.recovered('gates are opened again');
  }

  /** Logged when it is another trouble than that of the pods before it: a missing right concerns all of them. */
  #failed(waiting: Waiting, error: unknown): void {
    const { clock, random, status } = this.#options;
    const failure = error instanceof ApiError ? String(error.status) : 'no answer';
    const { namespace, name } = waiting.pod;
    if (!this.#fails((known) => known === failure))
      status.failed(`opening gates, first that of ${namespace}/${name}`, error);
    waiting.failure = failure;
    waiting.writeAt = clock.now() + waitAfter(error, backOff(waiting.failures++, writeRetry, random));
    this.#restUntil = Math.max(this.#restUntil, clock.now() + waitAfter(error, 0));
  }

  #fails(how: (failure: string) => boolean): boolean {
    for (const { failure } of this.#waiting.values()) if (failure !== undefined && how(failure)) return true;
    return false;
  }
}
