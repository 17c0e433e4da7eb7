import { ZonebridgeError } from '../../core/errors.ts';
import { metrics } from '../metrics.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { identityChange, identityKey, readIdentity, storeIdentity } from '../state/identities.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { endLease, type FirewallTotals, type Lease, releaseLease } from '../state/writers.ts';
import { groupsOn } from '../targets.ts';
import { openFirewall, type OpenFirewall } from './connect.ts';

/** How a run ended: nothing left to do, or come back after so many seconds. */
export interface RunEnd {
  postponeSeconds?: number;
  error?: ZonebridgeError;
}

/** Calls to the device end before the lease does. */
const deviceMarginMs = 10_000;
const identityEveryMs = 60_000;
const totalsWindowMs = 10 * 60_000;

/** State of one run: lease, connections, totals, and what must follow. */
export class RunContext {
  readonly ports: Ports;
  readonly lease: Lease;
  active: ActiveConfiguration | undefined;
  firewalls: string[] = [];
  lastWriteAt: number;
  readonly identities = new Map<string, ReturnType<typeof readIdentity>>();
  readonly #connections = new Map<string, Promise<OpenFirewall>>();
  readonly #totals: Record<string, FirewallTotals>;
  readonly #reconcile = new Map<string, string>();

  constructor(ports: Ports, lease: Lease) {
    this.ports = ports;
    this.lease = lease;
    this.lastWriteAt = lease.found.lastWriteAt;
    this.#totals = lease.found.totals;
  }

  /** Totals in the current window. A new one begins with what the groups count: what a crash lost of the sum comes back then. */
  async totalsOf(firewall: string): Promise<FirewallTotals> {
    const windowStart = this.ports.clock.now();
    const known = this.#totals[firewall];
    if (known && windowStart - known.windowStart < totalsWindowMs) return known;
    const size = await this.#countedOn(firewall);
    const fresh = { size, windowStart, sizeAtStart: size, identityAt: known?.identityAt ?? 0 };
    this.#totals[firewall] = fresh;
    return fresh;
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
    const { ports, lease, active } = this;
    if (!active) throw new ZonebridgeError('configuration/missing', 'no active configuration');
    const open = await openFirewall(ports, active.configuration, {
      firewall,
      deadline: lease.until - deviceMarginMs,
    });
    const totals = await this.totalsOf(firewall);
    if (ports.clock.now() - totals.identityAt < identityEveryMs) return open;
    const known =
      this.identities.get(firewall) ?? readIdentity((await ports.tables.read([identityKey(firewall)]))[0]);
    const now = await open.connection.identity();
    if (known) {
      const change = identityChange(known, now);
      if (change !== undefined) {
        this.askReconcile(firewall, 'firewall/identity-changed');
        await open.connection.close();
        throw new ZonebridgeError('firewall/identity-changed', `${firewall}: ${change}`);
      }
    } else {
      await storeIdentity(ports.tables, firewall, now, ports.clock.now());
    }
    totals.identityAt = ports.clock.now();
    return open;
  }

  askReconcile(firewall: string, reason: string): void {
    this.#reconcile.set(firewall, reason);
  }

  async close(): Promise<void> {
    for (const opening of this.#connections.values()) {
      await opening.then(({ connection }) => connection.close()).catch(() => undefined);
    }
  }

  /** Gives the lease back untouched: the circuit is open, nobody calls the device now. */
  async leave(): Promise<RunEnd> {
    await releaseLease(this.ports.tables, this.lease);
    return {};
  }

  /** Gives the lease back, asks for what must follow, and says when to come back. */
  async end(failure: ZonebridgeError | undefined): Promise<RunEnd> {
    const { ports, lease } = this;
    // A run that only ran out of lease went well as far as it came.
    const goesOn = failure?.code === 'sync/lease-lost';
    const error = goesOn ? undefined : failure;
    if (lease.found.behindSince !== undefined && !error)
      for (const firewall of this.firewalls) this.askReconcile(firewall, 'was behind');
    const result = { now: ports.clock.now(), totals: this.#totals, lastWriteAt: this.lastWriteAt, error };
    const state = await endLease(ports.tables, lease, result);
    for (const [firewall, reason] of this.#reconcile) await this.#requestReconcile(firewall, reason);
    if (!failure) return {};
    if (goesOn) return { postponeSeconds: 0, error: failure };
    const { code, message } = failure;
    if (code === 'firewall/credentials-rejected') this.#forgetCredentials();
    ports.telemetry.warn('run ended with an error', { writerKey: lease.writerKey, code, problem: message });
    for (const firewall of this.firewalls)
      ports.telemetry.metric(metrics.failures.name, state.failures, { firewall });
    return { postponeSeconds: Math.min(60, 2 ** Math.min(state.failures, 6)), error: failure };
  }

  /** A credential that was just renewed must not wait for the kept one to grow old. */
  #forgetCredentials(): void {
    for (const firewall of this.firewalls) this.ports.secrets.forget(names.secret(this.ports.hub, firewall));
  }

  async #requestReconcile(firewall: string, reason: string): Promise<void> {
    const network = this.active?.configuration.firewalls[firewall]?.network;
    if (network === undefined) return;
    const queue = names.reconcileQueue(this.ports.hub, network);
    await this.ports.queues.send({ queue, body: JSON.stringify({ firewall, reason }) });
  }
}
