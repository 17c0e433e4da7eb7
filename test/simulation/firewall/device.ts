import type { DeviceIdentity } from '../../../lib/core/firewall.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** A hub's firewall entry that made an object, as `hub/firewall`; people are `person`. */
export type Maker = string;
export const person: Maker = 'person';

export interface DeviceObject {
  comment: string;
  members: Set<string>;
  maker: Maker;
  /** A feed: its entries are gone after a restart. */
  feed: boolean;
  /** When a hub made it. */
  madeAt?: number;
  /** When a person made it something else than it was. */
  touchedAt?: number;
}

/** One change that was done to the device. */
export interface DeviceChange {
  time: number;
  by: Maker;
  object: string;
  op: 'add' | 'remove';
  address: string;
  /** It was there only because an older state of the device brought it back. */
  broughtBack: boolean;
}

export type Trouble = 'none' | 'down' | 'busy' | 'throttled' | 'credentials';

/** One firewall: what it holds, who made it, what was done to it, and what ails it. */
export class Device {
  readonly name: string;
  objects = new Map<string, DeviceObject>();
  identity: DeviceIdentity;
  trouble: Trouble = 'none';
  /** Addresses that it refuses for good. */
  readonly refused = new Set<string>();
  capacity = Number.POSITIVE_INFINITY;
  /** Calls of any kind, and those that change something. */
  calls = 0;
  applies = 0;
  /** Of those that were worked off in full: how many changed anything, and how many nothing. */
  useful = 0;
  idle = 0;
  /** When it last refused to take a member: `object|address`. */
  readonly refusedAt = new Map<string, number>();
  /** Members that hubs changed. */
  changes = 0;
  /** Calls whose end we may not know. */
  uncertain = 0;
  /** Told after every change of a member by a hub. */
  onChange: ((change: DeviceChange, members: ReadonlySet<string>) => void) | undefined;
  /** Members that a person ever took off: `object|address`. */
  readonly takenOff = new Set<string>();
  /** Members that an older state brought back: `object|address`. */
  readonly broughtBack = new Set<string>();
  /** Members that people, restarts and restored backups changed. */
  disturbances = 0;
  readonly #kernel: Kernel;
  #serials = 0;

  constructor(kernel: Kernel, name: string) {
    this.#kernel = kernel;
    this.name = name;
    this.identity = { serial: `${name}-0`, version: 'v1', bootTime: Math.floor(kernel.now), role: 'primary' };
  }

  get size(): number {
    return [...this.objects.values()].reduce((sum, { members }) => sum + members.size, 0);
  }

  /** A hub changes one member. */
  change(change: Omit<DeviceChange, 'time' | 'broughtBack'>): void {
    const object = this.objects.get(change.object);
    if (!object) return;
    const { members } = object;
    if (members.has(change.address) === (change.op === 'add')) return;
    if (change.op === 'add') members.add(change.address);
    else members.delete(change.address);
    this.changes += 1;
    const broughtBack = this.broughtBack.delete(`${change.object}|${change.address}`);
    this.#kernel.mix(`${change.op} ${change.address}`);
    this.#kernel.tell(
      () =>
        `${this.name}: ${change.by} ${change.op}s ${change.address} ${change.op === 'add' ? 'to' : 'from'} ${change.object} (${members.size})`,
    );
    this.onChange?.({ ...change, broughtBack, time: this.#kernel.now }, members);
  }

  /** Why it does not take a member, if it does not. */
  refuses(object: string, address: string): 'firewall/rejected' | 'firewall/table-full' | undefined {
    const has = this.objects.get(object)?.members.has(address) === true;
    const full = !has && this.size >= this.capacity;
    if (!full && !this.refused.has(address)) return undefined;
    this.refusedAt.set(`${object}|${address}`, this.#kernel.now);
    return this.refused.has(address) ? 'firewall/rejected' : 'firewall/table-full';
  }

  /** A copy of everything it holds. */
  backup(): Map<string, DeviceObject> {
    return new Map(
      [...this.objects].map(([name, object]) => [name, { ...object, members: new Set(object.members) }]),
    );
  }

  /** The standby takes over, in step or not. */
  failOver(objects = this.backup()): void {
    this.#replaceObjects(objects);
    this.#serials += 1;
    this.identity = { ...this.identity, serial: `${this.name}-${this.#serials}` };
  }

  /** Another device in its place, with nothing of ours. */
  replace(): void {
    const made = [...this.objects].filter(([, { maker }]) => maker === person);
    this.failOver(new Map(made));
    this.identity = { ...this.identity, bootTime: Math.floor(this.#kernel.now) };
  }

  /** Comes up again, now and then with an older configuration; feeds are no configuration. */
  restart(objects = this.backup()): void {
    for (const object of objects.values()) if (object.feed) object.members.clear();
    this.#replaceObjects(objects);
    this.identity = { ...this.identity, bootTime: Math.floor(this.#kernel.now) };
  }

  heal(): void {
    this.trouble = 'none';
    this.refused.clear();
    this.capacity = Number.POSITIVE_INFINITY;
  }

  #replaceObjects(objects: Map<string, DeviceObject>): void {
    for (const [name, { members }] of this.objects) {
      const now = objects.get(name)?.members ?? new Set();
      this.disturbances += [...members].filter((one) => !now.has(one)).length;
    }
    for (const [name, { members }] of objects) {
      const before = this.objects.get(name)?.members ?? new Set();
      const back = [...members].filter((one) => !before.has(one));
      this.disturbances += back.length;
      for (const one of back) this.broughtBack.add(`${name}|${one}`);
    }
    this.objects = objects;
  }
}
