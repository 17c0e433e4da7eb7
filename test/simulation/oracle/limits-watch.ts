import type { DeviceChange } from '../firewall/device.ts';
import type { Hub } from '../hub.ts';
import { type GroupSpec, objectName } from '../plan/spec.ts';
import type { BrakeWatch } from './brake-watch.ts';
import { longestRunMs } from './longest-run.ts';
import type { Told } from './told.ts';
import type { Truth, Wish } from './truth.ts';

interface Done {
  firewall: string;
  group: GroupSpec;
  change: DeviceChange;
  members: ReadonlySet<string>;
  /** Largest number of members that a run of now may know of. */
  maxMembers: number;
}

interface Growth {
  /** Members of ours when the configuration became active, and how many of them it gave up. */
  before: ReadonlySet<string>;
  /** Nothing of ours was on the device: what comes then is a first fill, whatever a person put there. */
  isEmpty: boolean;
  leaving: number;
  /** Each address once: what a person took away with its object is put back. */
  added: Set<string>;
}

/** Between a plan and its activation some pods come and go. */
const slack = 3;
const minuteMs = 60_000;

/** Sizes: what a group may grow to, how fast without a person, and who may empty it. Counted on the device, not in the product's tables. */
export class LimitsWatch {
  /** What we put there and did not take off: `firewall|group`. */
  readonly #put = new Map<string, Set<string>>();
  /** When we last put an address there: `firewall|group|address`. */
  readonly #putAt = new Map<string, number>();
  readonly #growth = new Map<string, Growth>();
  /** Additions that only a namespace caused, and all removals, of the last two windows. */
  readonly #byNamespace = new Map<string, { time: number; op: 'add' | 'remove' }[]>();
  readonly #hub: Hub;
  readonly #truth: Truth;
  readonly #brakes: BrakeWatch;
  readonly #told: Told;
  readonly #retoldAt: () => number;
  #activatedAt = 0;

  constructor(hub: Hub, known: { truth: Truth; brakes: BrakeWatch; told: Told; retoldAt: () => number }) {
    this.#hub = hub;
    this.#truth = known.truth;
    this.#brakes = known.brakes;
    this.#told = known.told;
    this.#retoldAt = known.retoldAt;
  }

  /** A configuration became active; the truth knows it already. */
  activated(): void {
    this.#activatedAt = this.#hub.kernel.now;
    this.#growth.clear();
    for (const { name, realms } of this.#hub.spec.firewalls) {
      for (const group of this.#hub.spec.groups) {
        const place = `${name}|${group.name}`;
        const members = this.#membersOf(name, group);
        const put = new Set([...this.#known(place, members), ...this.#counted(place)]);
        const wanted = new Set(this.#truth.wanted(group, realms));
        const leaving = [...put].filter((one) => !wanted.has(one)).length;
        this.#growth.set(place, {
          before: put,
          isEmpty: ![...members].some((one) => this.#truth.touchedAt.has(one)),
          leaving,
          added: new Set(),
        });
      }
    }
  }

  changed(done: Done): void {
    const { change, firewall, group, members } = done;
    const place = `${firewall}|${group.name}`;
    const mine = this.#put.get(place) ?? new Set<string>();
    this.#put.set(place, mine);
    // What people and fate took is not ours any more, and makes room.
    for (const one of mine) {
      if (members.has(one) || one === change.address) continue;
      mine.delete(one);
      this.#note(place, 'remove', group);
    }
    if (change.op === 'add') this.#adds(done, place, mine);
    else this.#removes(done, place, mine);
  }

  #adds({ change, firewall, group, members, maxMembers }: Done, place: string, mine: Set<string>): void {
    const back = mine.has(change.address) || this.#isBack(firewall, group, change.address);
    mine.add(change.address);
    this.#putAt.set(`${place}|${change.address}`, this.#hub.kernel.now);
    if (group.usedIn === 'deny' || this.#isDecided(place, change)) return;
    // An offered object that was withdrawn comes back with what it had, which nobody knows of until it is compared.
    const offered = group.publish.some(({ create }) => create === 'offered');
    if (mine.size > maxMembers && !offered) this.#checkSize(place, mine, maxMembers);
    if (back) return;
    this.#checkConfiguration(place, group, change.address);
    this.#checkNamespace(place, group, { address: change.address, size: this.#known(place, members).size });
  }

  /**
   * At the end of the call: what leaves in it makes room for what comes. A call of which only a half was done may have left both there, and
   * so may one that was written down and never came to the device.
   */
  #checkSize(place: string, mine: ReadonlySet<string>, maxMembers: number): void {
    const { kernel } = this.#hub;
    kernel.scheduler.after(0, () => {
      const size = mine.size - this.#leaving(place);
      if (size > maxMembers && kernel.weather.deviceFails === 0)
        kernel.violate('never more than maxMembers', `${place} has ${size}, at most ${maxMembers}`);
    });
  }

  /** Removals that were written down and whose end is open. */
  #leaving(place: string): number {
    const rows = this.#hub.tables.store.all('ledger').filter(({ key }) => key.pk === place);
    return rows.filter(({ item }) => item['state'] === 'pending' && item['counted'] === false).length;
  }

  /** What the hub counts as members, also what a person took away with the object and it has not put back yet. */
  #counted(place: string): string[] {
    const rows = this.#hub.tables.store.all('ledger').filter(({ key }) => key.pk === place);
    return rows
      .filter(({ item }) => item['counted'] === true)
      .map(({ key }) => key.sk?.split('|').at(-1) ?? '');
  }

  /** Members that the hub takes to be there and to stay, also a stranger's of which it found out. */
  #believes(place: string): boolean {
    const rows = this.#hub.tables.store.all('ledger').filter(({ key }) => key.pk === place);
    return rows.some(({ item }) => item['state'] === 'present' || item['state'] === 'unknown');
  }

  /** An addition that only the configuration can have caused: whoever has the address lived before, and nothing happened to it since. */
  #checkConfiguration(place: string, group: GroupSpec, address: string): void {
    const growth = this.#growth.get(place);
    const touched = this.#truth.touchedAt.get(address);
    if (!growth || growth.isEmpty || touched === undefined || touched > this.#activatedAt) return;
    const uid = group.addresses === 'pod' ? this.#truth.holderOf(address) : undefined;
    // The hub heard of it after that.
    if (uid !== undefined && (this.#truth.heardAt(uid, address) ?? 0) > this.#activatedAt) return;
    // What waited for its object keeps the cause that it had.
    if (!this.#wishesOf(group, address).some((wish) => this.#truth.byConfiguration.has(wish))) return;
    // The device, or a person, had lost it meanwhile.
    if (growth.before.has(address)) return;
    if (this.#isOfFormer(place, address)) return;
    growth.added.add(address);
    const { size } = growth.before;
    const limit = limitOf(group, size) + growth.leaving + slack;
    if (growth.added.size <= limit) return;
    // What it does not ask for it did not add: a watch had told it before, and it leaves again.
    const { realms = [] } =
      this.#hub.spec.firewalls.find(({ name }) => place === `${name}|${group.name}`) ?? {};
    const wanted = new Set(this.#truth.wanted(group, realms));
    const added = [...growth.added].filter((one) => wanted.has(one)).length;
    if (added > limit)
      this.#hub.kernel.violate(
        'no growth beyond the brakes',
        `${place} had ${size}, ${growth.leaving} to leave; a configuration added ${added}, at most ${limit}`,
      );
  }

  /** A run that had begun under the configuration before carries out what that one allowed. */
  #isOfFormer(place: string, address: string): boolean {
    const { kernel, spec, tables } = this.#hub;
    if (kernel.now - this.#activatedAt > longestRunMs) return false;
    const keys = spec.clusters.map(
      ({ realm }) => ({ table: 'ledger', pk: place, sk: `${realm}|${address}` }) as const,
    );
    const [active, ...rows] = tables.store.read([{ table: 'control', pk: 'configuration|active' }, ...keys]);
    const latest = Math.max(...rows.map((row) => generationIn(row?.['why'])));
    return latest < generationIn(active);
  }

  /**
   * An addition that only a namespace can have caused. One window ends and another begins between two additions: two of them allow as
   * much at most, and what left since the first of them began makes room.
   */
  #checkNamespace(
    place: string,
    group: GroupSpec,
    { address, size }: { address: string; size: number },
  ): void {
    const { now } = this.#hub.kernel;
    const uid = group.addresses === 'pod' ? this.#truth.holderOf(address) : undefined;
    if (uid === undefined || this.#told.cause.get(uid) !== 'namespace') return;
    const came = this.#cameAt(group, address);
    // A configuration let it in, or a watch told of it since it belongs there: the namespace only came after that.
    if (came < Math.max(this.#activatedAt, this.#retoldAt())) return;
    if ((this.#told.watchedAt.get(uid) ?? 0) >= came) return;
    const windowMs = group.brakes.windowMinutes * minuteMs;
    const done = this.#note(place, 'add', group);
    const added = done.filter(({ op, time }) => op === 'add' && time > now - windowMs).length;
    const removed = done.filter(({ op }) => op === 'remove').length;
    const announced = this.#brakes.announced(place, 'add', now - 2 * windowMs);
    const limit = 2 * limitOf(group, size) + removed + announced;
    if (added > limit)
      this.#hub.kernel.violate(
        'no growth beyond the brakes',
        `${place}: a namespace added ${added} within a window, at most ${limit}`,
      );
  }

  #removes({ change, group }: Done, place: string, mine: Set<string>): void {
    const was = mine.delete(change.address);
    this.#note(place, 'remove', group);
    if (!was || mine.size > 0 || change.broughtBack || this.#isDecided(place, change)) return;
    if (
      group.usedIn === 'deny' ||
      group.addresses !== 'pod' ||
      this.#brakes.announced(place, 'remove', this.#hub.kernel.now) > 0
    )
      return;
    const holders = this.#truth.everHeldBy.get(change.address) ?? new Set<string>();
    // Somebody else has it now, or a watch saw what became of whoever had it.
    if (this.#brakes.isMoved(place, change.address)) return;
    // It had it already when an older wish was still carried out.
    if (this.#truth.holderOf(change.address) !== undefined) return;
    const left = Math.max(
      ...this.#wishesOf(group, change.address).map((wish) => this.#truth.leftAt.get(wish) ?? 0),
    );
    if ([...holders].some((uid) => (this.#told.watchedAt.get(uid) ?? 0) >= left)) return;
    // A person took the last one that it would have left there, and nobody has looked since.
    if (this.#believes(place)) return;
    this.#hub.kernel.violate(
      'nobody empties a group by inference',
      `${change.address} was the last one of ${place}`,
    );
  }

  /** The brake let it go before, since it belongs there: it was taken away since, or the device would not take it then. */
  #isBack(firewall: string, group: GroupSpec, address: string): boolean {
    const object = objectName(this.#hub.spec.name, group);
    const put = this.#putAt.get(`${firewall}|${group.name}|${address}`) ?? 0;
    const refused = this.#hub.deviceOf(firewall)?.refusedAt.get(`${object}|${address}`) ?? 0;
    return Math.max(put, refused) > this.#cameAt(group, address);
  }

  #cameAt(group: GroupSpec, address: string): number {
    return Math.max(...this.#wishesOf(group, address).map((wish) => this.#truth.cameAt.get(wish) ?? 0));
  }

  /** What may count as ours there: what we put and did not see leave, and what is there, whoever brought it back. */
  #known(place: string, members: ReadonlySet<string>): Set<string> {
    return new Set([...(this.#put.get(place) ?? []), ...members]);
  }

  #membersOf(firewall: string, group: GroupSpec): ReadonlySet<string> {
    const object = this.#hub.deviceOf(firewall)?.objects.get(objectName(this.#hub.spec.name, group));
    return object?.members ?? new Set();
  }

  #wishesOf(group: GroupSpec, address: string): Wish[] {
    return this.#hub.spec.clusters.map(({ realm }) => `${group.name}|${realm}|${address}`);
  }

  #note(place: string, op: 'add' | 'remove', group: GroupSpec): { time: number; op: 'add' | 'remove' }[] {
    const { now } = this.#hub.kernel;
    const since = now - 2 * group.brakes.windowMinutes * minuteMs;
    const list = (this.#byNamespace.get(place) ?? []).filter(({ time }) => time > since);
    list.push({ time: now, op });
    this.#byNamespace.set(place, list);
    return list;
  }

  /** A person asked for it. */
  #isDecided(place: string, { op, address }: DeviceChange): boolean {
    const until = this.#brakes.released.get(`${place}|${op}|${address}`) ?? 0;
    return until > this.#hub.kernel.now || this.#truth.everQuarantined.has(address);
  }
}

function generationIn(item: unknown): number {
  return Number((item as { generation?: unknown } | undefined)?.generation ?? 0);
}

function limitOf({ brakes }: GroupSpec, size: number): number {
  return Math.max(brakes.growth.minimum, Math.floor(brakes.growth.share * size));
}
