import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { CallBudget, Siblings } from '../../core/model/call-budget.ts';
import { isIll } from '../../core/model/trouble.ts';
import type { Item } from '../../core/ports.ts';
import { callsPerMinute, syncBudget } from '../budgets.ts';
import { defaultFirewallBrakes } from '../../core/plan/brakes.ts';
import { metrics } from '../metrics.ts';
import { requireQualified } from '../qualify/required.ts';
import { names } from '../names.ts';
import type { DevicePorts } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import type { FirewallTotals } from '../state/firewall-records.ts';
import {
  identityChange,
  identityKey,
  readComparisonCalls,
  readIdentity,
  storeIdentity,
} from '../state/identities.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { endLease, type Lease, releaseLease, sendWakeUp } from '../state/writers.ts';
import { groupsOn, moduleOf } from '../targets.ts';
import { openFirewall, type OpenFirewall } from './connect.ts';
import { FirewallsInRun } from './firewalls-in-run.ts';

/** How a run ended. */
export interface RunEnd {
  /** The wake-up comes back after so many seconds. */
  postponeSeconds?: number;
  /** Only a wake-up of the retry group comes back: some firewalls of the writer key are ill, the others must not wait for them. */
  retrySeconds?: number;
  /** Of the run, or of the first firewall that failed. */
  error?: ZonebridgeError;
}

/** Calls to the device end before the lease does. */
const deviceMarginMs = 10_000;
const identityEveryMs = 60_000;
/** Pause of a run that did not even learn which firewalls it is for. */
const unknownSeconds = 30;

/** State of one run: lease, connections, totals, and what must follow. */
export class RunContext {
  readonly ports: DevicePorts;
  readonly lease: Lease;
  active: ActiveConfiguration | undefined;
  firewalls: string[] = [];
  lastWriteAt: number;
  /** Identity rows that were read together with the configuration. */
  readonly identityItems = new Map<string, Item | undefined>();
  readonly #connections = new Map<string, Promise<OpenFirewall>>();
  readonly state: FirewallsInRun;
  readonly #looked = new Set<string>();
  readonly #reconcile = new Map<string, string>();

  constructor(ports: DevicePorts, lease: Lease) {
    this.ports = ports;
    this.lease = lease;
    this.lastWriteAt = lease.found.lastWriteAt;
    this.state = new FirewallsInRun(ports.random, lease.found);
  }

  /** Totals in the current window. A new one begins with what the groups count: what a crash lost of the sum comes back then. */
  async totalsOf(firewall: string): Promise<FirewallTotals> {
    const windowStart = this.ports.clock.now();
    const known = this.state.totals(firewall);
    if (known && windowStart - known.windowStart < this.#windowMs(firewall)) return known;
    const size = await this.#countedOn(firewall);
    const fresh = { size, windowStart, sizeAtStart: size, identityAt: known?.identityAt ?? 0 };
    this.state.setTotals(firewall, fresh);
    return fresh;
  }

  #windowMs(firewall: string): number {
    const { brakes = defaultFirewallBrakes } = this.active?.configuration.firewalls[firewall] ?? {};
    return brakes.windowMinutes * 60_000;
  }

  async #countedOn(firewall: string): Promise<number> {
    const { active, ports } = this;
    const groups = active ? groupsOn(active.configuration, firewall) : [];
    const items = await ports.tables.read(groups.map(({ group }) => objectKey(firewall, group.name)));
    return items.reduce((sum, item) => sum + readObject(item, 0).counters.size, 0);
  }

  open(firewall: string): Promise<OpenFirewall> {
    let opening = this.#connections.get(firewall);
    if (!opening) {
      opening = this.#open(firewall);
      this.#connections.set(firewall, opening);
    }
    return opening;
  }

  async #open(firewall: string): Promise<OpenFirewall> {
    const { lease, active, ports } = this;
    if (!active) throw new ZonebridgeError('configuration/missing', 'no active configuration');
    const open = await openFirewall(ports, active.configuration, {
      firewall,
      deadline: lease.until - deviceMarginMs,
      takeCall: (now) => this.budgetOf(firewall).take(now),
    });
    try {
      await this.#checkIdentity(open);
    } catch (error) {
      await open.connection.close();
      throw error;
    }
    return open;
  }

  /** More than a minute after the last look, and after trouble, before anything else: another device must not get what was planned for the former. */
  async #checkIdentity({ id: firewall, connection }: OpenFirewall): Promise<void> {
    const { ports } = this;
    const totals = await this.totalsOf(firewall);
    const fresh = Math.abs(ports.clock.now() - totals.identityAt) < identityEveryMs;
    if (fresh && !this.state.isOnProbe(firewall)) return;
    const known = readIdentity(
      this.identityItems.get(firewall) ?? (await ports.tables.read([identityKey(firewall)]))[0],
    );
    const now = await connection.identity();
    if (!known) {
      await storeIdentity(ports.tables, firewall, now, ports.clock.now());
    } else {
      const change = identityChange(known, now);
      if (change !== undefined) {
        this.askReconcile(firewall, 'firewall/identity-changed');
        throw new ZonebridgeError('firewall/identity-changed', `${firewall}: ${change}`);
      }
    }
    const { version } = now;
    if (this.active) await requireQualified(ports, this.active.configuration, { firewall, version });
    totals.identityAt = ports.clock.now();
  }

  /** After a write: a device that took over meanwhile is asked who it is, and compared, before the next one. */
  async noteAnswer({ id: firewall, connection }: OpenFirewall): Promise<void> {
    const known = readIdentity(this.identityItems.get(firewall));
    const answered = connection.lastIdentity();
    if (!known || !answered || known.serial === answered.serial) return;
    (await this.totalsOf(firewall)).identityAt = 0;
    await this.#disconnect(firewall);
  }

  /** Calls that this run may still make to a firewall. */
  budgetOf(firewall: string): CallBudget {
    return this.state.budget(firewall, (own) => {
      const settings = this.active?.configuration.firewalls[firewall];
      if (!settings) throw new ZonebridgeError('configuration/missing', `no firewall ${firewall}`);
      const perMinute = callsPerMinute(moduleOf(this.ports.firewalls, settings), settings);
      const comparisons = readComparisonCalls(this.identityItems.get(firewall));
      const others = this.firewalls.filter((other) => other !== firewall);
      const claim: Siblings['claim'] = (now, equalPart) => this.state.claimOf(others, now, equalPart);
      const siblings = { count: others.length, claim };
      return syncBudget(perMinute, { own, comparisons, siblings, now: this.ports.clock.now() });
    });
  }

  /** Leaves the rest of its work until a good part of its budget is free again, so that fewer calls carry more. */
  waitForBudget(firewall: string): void {
    const now = this.ports.clock.now();
    const budget = this.budgetOf(firewall);
    const wait = budget.wait(now, Math.ceil(budget.perMinute / 4));
    this.state.waitForBudget(firewall, { now, until: now + Math.max(wait, 1_000) });
  }

  askReconcile(firewall: string, reason: string): void {
    if (this.state.takeComparison(firewall, this.ports.clock.now())) this.#reconcile.set(firewall, reason);
  }

  /** Firewalls that this run may call now. */
  callable(): string[] {
    const now = this.ports.clock.now();
    return this.firewalls.filter((firewall) => this.state.mayCall(firewall, now));
  }

  /** Everything that was dirty for these was looked at. */
  looked(firewalls: readonly string[]): void {
    for (const firewall of firewalls) this.#looked.add(firewall);
  }

  /**
   * Takes a failure of one firewall: the others go on. Waits when another try in this run is worth it.
   * Throws what is no failure of a firewall.
   */
  async failed(firewall: string, error: unknown): Promise<void> {
    if (!isZonebridgeError(error) || !isOfFirewall(error)) throw error;
    const { clock, telemetry } = this.ports;
    await this.#disconnect(firewall);
    if (error.code === 'firewall/budget-used') {
      this.waitForBudget(firewall);
      return;
    }
    const pause = this.state.failed(firewall, error, clock.now());
    const { code, message } = error;
    const { failures } = this.state.trouble(firewall);
    telemetry.warn('firewall failed', { firewall, code, problem: message, failures, triesAgainInMs: pause });
    if (pause !== undefined) await clock.sleep(pause);
  }

  async #disconnect(firewall: string): Promise<void> {
    const opening = this.#connections.get(firewall);
    this.#connections.delete(firewall);
    await opening?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const firewall of this.firewalls) await this.#disconnect(firewall);
  }

  /** Gives the lease back untouched: there is nothing to do before the first `apply`. */
  async leave(): Promise<RunEnd> {
    await releaseLease(this.ports.tables, this.lease);
    return {};
  }

  /** Gives the lease back, asks for what must follow, and says when to come back. `failure`: of the run as a whole. */
  async end(failure: ZonebridgeError | undefined): Promise<RunEnd> {
    const { ports, lease, state } = this;
    const now = ports.clock.now();
    // A run that only ran out of lease went well as far as it came.
    const goesOn = failure?.code === 'sync/lease-lost';
    this.#noteEnds(goesOn ? undefined : failure, now);
    const firewalls = state.records;
    const leftAlone = lease.found.woken.filter((part) => this.#isIll(part.split('#', 1)[0] ?? ''));
    const { lastWriteAt } = this;
    const endedEarly = failure !== undefined;
    await endLease(ports.tables, lease, { now, firewalls, lastWriteAt, leftAlone, endedEarly });
    for (const [firewall, reason] of this.#reconcile) await this.#requestReconcile(firewall, reason);
    if (failure) this.#warn(failure);
    if (goesOn) return { postponeSeconds: 0, error: failure };
    if (failure && this.firewalls.length === 0) return { postponeSeconds: unknownSeconds, error: failure };
    const { sendRetry, ...back } = state.comeBack(this.firewalls, now);
    if (sendRetry) await this.#sendRetry();
    const error = failure ?? state.firstError;
    return error ? { ...back, error } : back;
  }

  /** What the end of the run says about each firewall that may be called. */
  #noteEnds(failure: ZonebridgeError | undefined, now: number): void {
    const { state, ports } = this;
    for (const firewall of this.callable()) {
      if (failure) state.failed(firewall, failure, now);
      else if (this.#looked.has(firewall) && state.worked(firewall, now))
        this.askReconcile(firewall, 'was behind');
    }
    for (const firewall of this.firewalls) {
      const { failures } = state.trouble(firewall);
      if (failures > 0) ports.telemetry.metric(metrics.failures.name, failures, { firewall });
    }
  }

  #isIll(firewall: string): boolean {
    return this.firewalls.includes(firewall) && isIll(this.state.trouble(firewall));
  }

  #warn({ code, message }: ZonebridgeError): void {
    this.ports.telemetry.warn('run ended with an error', {
      writerKey: this.lease.writerKey,
      code,
      problem: message,
    });
  }

  #network(firewall: string): string | undefined {
    return this.active?.configuration.firewalls[firewall]?.network;
  }

  async #sendRetry(): Promise<void> {
    const network = this.#network(this.firewalls[0] ?? '');
    if (network === undefined) return;
    const { hub, queues } = this.ports;
    await sendWakeUp(queues, { hub, network, writerKey: this.lease.writerKey, retry: true });
  }

  async #requestReconcile(firewall: string, reason: string): Promise<void> {
    const network = this.#network(firewall);
    if (network === undefined) return;
    const queue = names.reconcileQueue(this.ports.hub, network);
    await this.ports.queues.send({ queue, body: JSON.stringify({ firewall, reason }) });
  }
}

/** Everything else concerns the run: its lease, the state store, the configuration. */
function isOfFirewall(error: ZonebridgeError): boolean {
  return error.code.startsWith('firewall/') || error.code.startsWith('secret/');
}
