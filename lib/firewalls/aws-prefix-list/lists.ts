import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectRef } from '../../core/firewall.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';
import type { Clock } from '../../core/ports.ts';
import { foreign, type Marks } from '../shared/marks.ts';
import type { Ec2 } from './ec2.ts';
import { siblingName } from './names.ts';
import { isBusy, isFailed, isLeaving, type PrefixList } from './prefix-list.ts';
import { markTag } from './tags.ts';

/** Waits between looks at a change that is under way. Assumption: no source tells how long AWS takes; the last one is repeated. */
const waitsMs = [150, 350, 700, 1_500, 3_000];
/** After so many looks, somewhat over a minute, a change counts as lost. */
const looksMost = 26;
/** How long what a call showed of a list is taken for true without asking again; its version is checked by AWS itself. */
const knownMs = 30_000;
/** A creation that is asked for again within the hour makes no second list. */
const tokenMs = 3_600_000;

/** The lists of objects: found, kept in mind, made, waited for. */
export class Lists {
  readonly #ec2: Ec2;
  readonly #marks: Marks;
  readonly #clock: Clock;
  readonly #known: Known;

  constructor(parts: { ec2: Ec2; marks: Marks; clock: Clock; known: Known }) {
    this.#ec2 = parts.ec2;
    this.#marks = parts.marks;
    this.#clock = parts.clock;
    this.#known = parts.known;
  }

  /**
   * The lists of an object as they are now, both families by one call. Names are not unique: the one that is ours, or offered, is meant;
   * without any such the first that has the name. Throws `firewall/object-foreign` when several are marked.
   */
  async find(object: ObjectRef): Promise<ReadonlyMap<AddressFamily, PrefixList>> {
    const names = new Map<AddressFamily, string>([
      [4, object.name],
      [6, siblingName(object.name)],
    ]);
    const lists = (await this.#ec2.lists([...names.values()])).filter((list) => !isLeaving(list));
    const found = new Map<AddressFamily, PrefixList>();
    for (const [family, name] of names) {
      const list = this.#meant(
        object,
        lists.filter((one) => one.name === name && one.family === family),
      );
      if (list) found.set(family, list);
      this.remember(object, family, list);
    }
    return found;
  }

  #meant(object: ObjectRef, lists: readonly PrefixList[]): PrefixList | undefined {
    const marked = lists.filter((list) => this.isFor(object, list));
    if (marked.length < 2) return marked[0] ?? lists[0];
    const ids = marked.map(({ id }) => id).join(', ');
    throw new ZonebridgeError(
      'firewall/object-foreign',
      `${object.name}: several prefix lists have this name and our mark (${ids}); delete those that nothing uses, or take their tag ${markTag} away`,
    );
  }

  /** Ours or offered, as the target says. */
  isFor(object: ObjectRef, list: PrefixList): boolean {
    return this.#marks.isFor({ ...object, name: list.name }, list.comment);
  }

  /** A list that may be changed, perhaps as a call showed it a little while ago. Throws `firewall/object-missing` and `firewall/object-foreign`. */
  async mine(object: ObjectRef, family: AddressFamily): Promise<PrefixList> {
    const known = this.#known.get(keyOf(object, family));
    if (known && this.#clock.now() - known.at < knownMs && !isBusy(known.list)) return known.list;
    return await this.fresh(object, family);
  }

  /** As `mine`, asked now and waited for while somebody else's change is under way. */
  async fresh(object: ObjectRef, family: AddressFamily): Promise<PrefixList> {
    const list = (await this.find(object)).get(family);
    if (!list) throw missing(object, family);
    if (!this.isFor(object, list)) throw foreign(`prefix list ${list.name} (${list.id})`);
    if (!isBusy(list)) return list;
    const settled = await this.#settled(list, () => true);
    if (!settled) throw busy(list);
    this.remember(object, family, settled);
    return settled;
  }

  remember(object: ObjectRef, family: AddressFamily, list: PrefixList | undefined): void {
    const key = keyOf(object, family);
    if (list && this.isFor(object, list)) this.#known.set(key, { list, at: this.#clock.now() });
    else this.#known.delete(key);
  }

  /** Makes a list of ours, empty. One that is there already is taken when it carries our mark. */
  async make(object: ObjectRef, family: AddressFamily, size: number): Promise<PrefixList> {
    const there = (await this.find(object)).get(family);
    if (there) return await this.fresh(object, family);
    const name = family === 4 ? object.name : siblingName(object.name);
    const mark = this.#marks.commentFor(name).split(' ')[0] ?? '';
    const { account } = this.#ec2.settings;
    const hour = Math.floor(this.#clock.now() / tokenMs);
    const token = digest(JSON.stringify([account, name, mark, size, hour]));
    const made = await this.#ec2.create({ name, family, maxEntries: size, tags: { [markTag]: mark }, token });
    if (made.owner !== account) {
      // Ours, empty and seconds old.
      await this.#ec2.delete(made.id);
      throw new ZonebridgeError(
        'firewall/scope-missing',
        `whoever calls belongs to account ${made.owner}, configured is ${account}`,
      );
    }
    const list = await this.done(made, 'CreateManagedPrefixList', () => true);
    this.remember(object, family, list);
    return list;
  }

  /**
   * Waits until an accepted change of this list is done, and returns the list as it is then: an old answer, which EC2 may give for a moment, does
   * not pass `reached`. Throws `firewall/rejected` with what AWS says when the change failed, `firewall/outcome-unknown` when it does not end.
   */
  async done(list: PrefixList, action: string, reached: (now: PrefixList) => boolean): Promise<PrefixList> {
    const settled = await this.#settled(list, reached).catch((cause: unknown) => {
      throw new ZonebridgeError(
        'firewall/outcome-unknown',
        `${action}: accepted, but whether it was done cannot be read`,
        { cause },
      );
    });
    if (!settled)
      throw new ZonebridgeError(
        'firewall/outcome-unknown',
        `${action}: ${list.name} (${list.id}) is still being changed`,
      );
    if (!isFailed(settled)) return settled;
    throw new ZonebridgeError(
      'firewall/rejected',
      `${action}: ${list.name} (${list.id}) is ${settled.state}: ${settled.stateMessage}`,
    );
  }

  /** Waits until a list that is being deleted is gone, or its deletion failed: then as it is. */
  async gone(list: PrefixList): Promise<PrefixList | undefined> {
    for (let look = 0; look < looksMost; look++) {
      await this.#clock.sleep(waitsMs[Math.min(look, waitsMs.length - 1)] ?? 0);
      const found = await this.#ec2.list(list.id);
      if (!found || found.state === 'delete-complete') return undefined;
      if (!isBusy(found)) return found;
    }
    throw busy(list);
  }

  /** The list when no change is under way; undefined when one does not end. */
  async #settled(list: PrefixList, reached: (now: PrefixList) => boolean): Promise<PrefixList | undefined> {
    for (let look = 0; look < looksMost; look++) {
      await this.#clock.sleep(waitsMs[Math.min(look, waitsMs.length - 1)] ?? 0);
      const found = await this.#ec2.list(list.id);
      // A list that was just made may not be shown at once, and a failure may be the one from before.
      if (!found || isBusy(found)) continue;
      if (isFailed(found) ? look > 0 || !isFailed(list) : reached(found)) return found;
    }
    return undefined;
  }
}

/** What calls of this process showed, by object and family. */
export type Known = Map<string, { list: PrefixList; at: number }>;

const knownPlaces = new Map<string, Known>();

/** What is known of the lists of a place, such as account and region behind an endpoint: shared by connections that follow one another. */
export function knownAt(place: string): Known {
  const known = knownPlaces.get(place) ?? new Map<string, { list: PrefixList; at: number }>();
  knownPlaces.set(place, known);
  return known;
}

function keyOf({ name, create, group }: ObjectRef, family: AddressFamily): string {
  return JSON.stringify([name, create, group, family]);
}

function missing({ name, create, group }: ObjectRef, family: AddressFamily): ZonebridgeError {
  const list = family === 4 ? name : siblingName(name);
  const offered = create === 'offered' ? ` with the tag zonebridge:offer = ${group}` : '';
  return new ZonebridgeError(
    'firewall/object-missing',
    `there is no prefix list ${list} for IPv${family}${offered}`,
  );
}

function busy({ name, id, state }: PrefixList): ZonebridgeError {
  return new ZonebridgeError('firewall/busy', `prefix list ${name} (${id}) is ${state} for too long`);
}
