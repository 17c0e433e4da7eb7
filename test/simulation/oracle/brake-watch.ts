import type { Item, Key } from '../../../lib/core/ports.ts';
import type { DeviceChange } from '../firewall/device.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { GroupSpec } from '../plan/spec.ts';
import type { Truth } from './truth.ts';

interface Done {
  time: number;
  /** +1 or -1; 0 when something released it. */
  delta: number;
  size: number;
}

/**
 * The brakes as a person would check them in the log of a firewall: a group loses no more than two windows allow within two windows,
 * except for what was released or belongs to somebody else now.
 */
export class BrakeWatch {
  /** What people released: `firewall|group|op|address` -> until when. */
  readonly released = new Map<string, number>();
  /** What each `apply` announced and released, per `firewall|group|op`. */
  readonly #announced = new Map<string, { time: number; count: number }[]>();
  /** When an address was last given to an endpoint, addresses of all clusters differ unless they share their ranges. */
  readonly assignedAt = new Map<string, number>();
  readonly #kernel: Kernel;
  readonly #truth: Truth;
  readonly #done = new Map<string, Done[]>();
  /** When a change was first written down, as a run judged it: `firewall|group|address`; its call may come much later. */
  readonly #intendedAt = new Map<string, number>();
  /** Which assignment of an address was the last one when the address came onto the firewall. */
  readonly #addedFor = new Map<string, number>();

  constructor(kernel: Kernel, truth: Truth) {
    this.#kernel = kernel;
    this.#truth = truth;
  }

  announce(place: string, allowance: { add: number; remove: number }): void {
    for (const op of ['add', 'remove'] as const) {
      const known = this.#announced.get(`${place}|${op}`) ?? [];
      this.#announced.set(`${place}|${op}`, [...known, { time: this.#kernel.now, count: allowance[op] }]);
    }
  }

  /** What was announced since then, the last announcement before it included: it may be carried out late. */
  announced(place: string, op: 'add' | 'remove', since: number): number {
    const known = this.#announced.get(`${place}|${op}`) ?? [];
    const last = known.findLast(({ time }) => time <= since);
    const all = known.filter((one) => one.time > since || one === last);
    return all.reduce((sum, { count }) => sum + count, 0);
  }

  /** A row of the ledger is written. */
  intends(key: Key, before: Item | undefined, after: Item | undefined): void {
    if (key.table !== 'ledger' || after?.['state'] !== 'pending' || before?.['state'] === 'pending') return;
    const address = key.sk?.slice(key.sk.indexOf('|') + 1) ?? '';
    this.#intendedAt.set(`${key.pk}|${address}`, this.#kernel.now);
  }

  changed(done: {
    firewall: string;
    group: GroupSpec;
    change: DeviceChange;
    members: ReadonlySet<string>;
  }): void {
    const { change, firewall, group, members } = done;
    const place = `${firewall}|${group.name}`;
    // Nothing is forgotten: what was written down before an outage is judged by what the group was then.
    const list = this.#done.get(place) ?? [];
    const time = this.#intendedAt.get(`${place}|${change.address}`) ?? this.#kernel.now;
    const free = change.op === 'remove' && this.#isFree(firewall, group, change);
    if (change.op === 'add')
      this.#addedFor.set(`${place}|${change.address}`, this.#assigned(group, change.address));
    list.push({ time, delta: free ? 0 : change.op === 'add' ? 1 : -1, size: members.size });
    list.sort((one, other) => one.time - other.time);
    this.#done.set(place, list);
    if (change.op === 'remove' && !free) this.#checkLoss(place, group, list, time);
  }

  /**
   * Windows begin when a run plans, so we cannot know when; but between a moment one to two windows ago and now lie at most two of
   * them. Against the smallest size that the group had then it may have lost what two windows allow.
   */
  #checkLoss(place: string, group: GroupSpec, all: readonly Done[], now: number): void {
    const list = all.filter(({ time }) => time <= now);
    const windowMs = group.brakes.windowMinutes * 60_000;
    let net = 0;
    let largest = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (const { time, delta, size } of list.toReversed()) {
      if (time <= now - windowMs) best = Math.max(best, net);
      if (time <= now - 2 * windowMs) break;
      net += delta;
      largest = Math.max(largest, size + 1);
    }
    const lost = -Math.max(best, net);
    const limit =
      2 * this.#limit(group.brakes.shrink, largest) + this.announced(place, 'remove', now - 2 * windowMs);
    if (lost > limit)
      this.#kernel.violate(
        'no shrink beyond the brakes',
        `${place} lost ${lost} of ${largest} within two windows, at most ${limit}`,
      );
  }

  #limit(rule: { minimum: number; share: number }, size: number): number {
    return Math.max(rule.minimum, Math.floor(rule.share * size));
  }

  #isFree(firewall: string, group: GroupSpec, change: DeviceChange): boolean {
    // The group had already lost it: what an older state brings back goes without a brake.
    if (change.broughtBack) return true;
    const until = this.released.get(`${firewall}|${group.name}|remove|${change.address}`) ?? 0;
    if (until > this.#kernel.now) return true;
    const orders = [...this.#truth.quarantines.values()];
    if (group.usedIn !== 'deny' && orders.some(({ address }) => address === change.address)) return true;
    const wishes = [...this.#truth.everWanted].filter(
      (wish) => wish.startsWith(`${group.name}|`) && wish.endsWith(`|${change.address}`),
    );
    // Nobody ever wanted it: a person put it there.
    if (wishes.length === 0) return true;
    return group.addresses === 'pod' && this.isMoved(`${firewall}|${group.name}`, change.address);
  }

  /** Somebody else has the address since it came there. */
  isMoved(place: string, address: string): boolean {
    return (this.assignedAt.get(address) ?? 0) > (this.#addedFor.get(`${place}|${address}`) ?? 0);
  }

  #assigned(group: GroupSpec, address: string): number {
    return group.addresses === 'pod' ? (this.assignedAt.get(address) ?? 0) : 0;
  }
}
