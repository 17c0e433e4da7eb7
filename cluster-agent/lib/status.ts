import { Counter, Gauge, Registry } from 'prom-client';
import { isZonebridgeError } from '../../lib/core/errors.ts';
import type { GateCondition } from '../../lib/core/gates/gate.ts';
import { unheardOf } from '../../lib/core/model/hearing.ts';
import type { Clock, Telemetry } from '../../lib/core/ports.ts';
import type { Kind } from './ports.ts';

/** Which replica leads, as far as this process sees. */
interface Standing {
  leads: boolean;
  /** Identity of the leader; undefined: nobody, or no Lease is used. */
  leader: string | undefined;
  /** The Lease answered lately. */
  current: boolean;
}

/** What an operator can see of the agent: metrics, the last error, readiness. */
export class AgentStatus {
  readonly registry = new Registry();
  /** Milliseconds since 1970 at which the hub's bus last accepted something. */
  lastAccepted: number | undefined;
  lastError: { time: number; message: string } | undefined;
  /** Set by the agent. */
  pending: () => number = () => 0;
  endpoints: () => number = () => 0;
  epoch: () => number | undefined = () => undefined;
  /** Pods whose gate is closed. */
  gatesWaiting: () => number = () => 0;
  standing: () => Standing = () => ({ leads: true, leader: undefined, current: true });
  /** The Kubernetes API is heard: what is known of the cluster is of now. */
  hears: () => boolean = () => true;
  readonly listed = new Set<Kind>();
  /** The state at start was told: its digest, or all of it and its manifests, were accepted. */
  started = false;
  /** Milliseconds since 1970 at which the bus last accepted a digest. */
  lastDigest: number | undefined;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  /** When each kind was heard of last, milliseconds since 1970. */
  readonly #heard = new Map<Kind, number>();
  readonly #sent: Counter;
  readonly #relists: Counter<'kind'>;
  readonly #watchEnds: Counter<'kind' | 'reason'>;
  readonly #failures: Counter;
  readonly #warnings: Counter<'problem'>;
  readonly #gates: Counter<'opened' | 'reason'>;

  constructor(clock: Clock, telemetry: Telemetry) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    const registers = [this.registry];
    const counter = (name: string, help: string) =>
      new Counter({ name: `zonebridge_agent_${name}`, help, registers });
    this.#sent = counter('records_sent_total', 'Records the bus accepted');
    this.#failures = counter('put_events_failures_total', 'Entries and calls the bus did not accept');
    this.#relists = new Counter({
      name: 'zonebridge_agent_relists_total',
      help: 'Complete listings, the first one included',
      labelNames: ['kind'],
      registers,
    });
    this.#watchEnds = new Counter({
      name: 'zonebridge_agent_watch_ends_total',
      help: 'Watches that ended: cleanly, with an error, or because their version was gone',
      labelNames: ['kind', 'reason'],
      registers,
    });
    this.#warnings = new Counter({
      name: 'zonebridge_agent_warnings_total',
      help: 'Objects, addresses, records and messages that could not be used',
      labelNames: ['problem'],
      registers,
    });
    this.#gates = new Counter({
      name: 'zonebridge_agent_gates_written_total',
      help: 'Conditions of readiness gates: opened or not, and why',
      labelNames: ['opened', 'reason'],
      registers,
    });
    this.#gauge('gates_waiting', 'Pods that wait for their firewalls', () => this.gatesWaiting());
    this.#gauge('pending', 'Endpoints that wait to be sent', () => this.pending());
    this.#gauge('endpoints', 'Pods and nodes known', () => this.endpoints());
    this.#gauge('epoch', 'Epoch issued by the hub, 0 before', () => this.epoch() ?? 0);
    this.#gauge('leads', '1 for the replica that leads', () => Number(this.standing().leads));
    this.#gauge('last_accepted_timestamp_seconds', 'When the bus last accepted something', () =>
      seconds(this.lastAccepted),
    );
    this.#gauge('last_digest_timestamp_seconds', 'When the bus last accepted a digest', () =>
      seconds(this.lastDigest),
    );
    this.#gauge('last_heard_timestamp_seconds', 'When the Kubernetes API was last heard of every kind', () =>
      seconds(this.#heard.size === 0 ? undefined : Math.min(...this.#heard.values())),
    );
    this.#gauge('last_error_timestamp_seconds', 'When something last failed', () =>
      seconds(this.lastError?.time),
    );
  }

  /** A leader has told the hub its state at start, and hears the Kubernetes API; a follower sees the Lease, and so knows when it is its turn. */
  get ready(): boolean {
    const { leads, current } = this.standing();
    return leads ? this.started && this.hears() : current;
  }

  accepted(records: number): void {
    this.lastAccepted = this.#clock.now();
    this.#sent.inc(records);
  }

  digested(): void {
    this.started = true;
    this.lastDigest = this.#clock.now();
    this.accepted(0);
  }

  /** The Kubernetes API told something of this kind, be it that nothing is new. */
  heard(kind: Kind): void {
    this.#heard.set(kind, this.#clock.now());
  }

  /** Milliseconds since each kind was heard of last; without those that were never listed. */
  get heardAgo(): Record<string, number> {
    const now = this.#clock.now();
    return Object.fromEntries(Array.from(this.#heard, ([kind, at]) => [kind, Math.max(0, now - at)]));
  }

  relisted(kind: Kind): void {
    this.listed.add(kind);
    this.heard(kind);
    this.#relists.inc({ kind });
  }

  watchEnded(kind: Kind, reason: 'clean' | 'error' | 'gone'): void {
    this.#watchEnds.inc({ kind, reason });
  }

  gateWritten({ status, reason }: Pick<GateCondition, 'status' | 'reason'>): void {
    this.#gates.inc({ opened: status, reason });
  }

  notSent(error: unknown): void {
    this.#failures.inc();
    this.failed('the bus did not accept', error);
  }

  /** Something failed and will be tried again. */
  failed(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    const code = isZonebridgeError(error) ? `${error.code}: ` : '';
    const remedy = isZonebridgeError(error) ? ` ${error.remedy}` : '';
    const message = `${what}: ${code}${reason}${remedy}`;
    this.lastError = { time: this.#clock.now(), message };
    this.#telemetry.warn(message);
  }

  /** What failed before works. */
  recovered(what: string): void {
    this.#telemetry.info(what);
  }

  /** Something was set aside; the rest goes on. */
  warn(problem: string, detail: string): void {
    this.#warnings.inc({ problem });
    this.#telemetry.warn(problem, { detail });
  }

  /** For /healthz and /readyz. */
  report(): Record<string, unknown> {
    const { leads, leader } = this.standing();
    return {
      ready: this.ready,
      role: leads ? 'leader' : 'follower',
      leader,
      listed: [...this.listed],
      unheard: leads ? unheardOf(this.heardAgo) : undefined,
      epoch: this.epoch(),
      endpoints: this.endpoints(),
      pending: this.pending(),
      lastAccepted: this.lastAccepted === undefined ? undefined : new Date(this.lastAccepted).toISOString(),
      lastError: this.lastError && {
        ...this.lastError,
        time: new Date(this.lastError.time).toISOString(),
      },
    };
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge = new Gauge({
      name: `zonebridge_agent_${name}`,
      help,
      registers: [],
      collect() {
        this.set(value());
      },
    });
    this.registry.registerMetric(gauge);
  }
}

function seconds(milliseconds: number | undefined): number {
  return milliseconds === undefined ? 0 : milliseconds / 1000;
}
