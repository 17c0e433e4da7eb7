import { addressName, nameKey, objectName, shardName } from '../../../lib/firewalls/fortigate/names.ts';

/** What an object of ours on a FortiGate stands for. */
export type Identity =
  | { kind: 'group'; hub: string; group: string }
  | { kind: 'feed'; hub: string; group: string }
  | { kind: 'shard'; hub: string; group: string; count: number; index: number }
  | { kind: 'address'; hub: string; address: string };

/** Numbers that depend on a seed and a place alone, so that the identity of a place can be made again. */
class Dice {
  #state: number;

  constructor(seed: number, place: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b)) >>> 0;
  }

  /** 0 to `below` - 1 (mulberry32). */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)] as T;
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'.split('');
const odd = ['-', '.', '_', '|', ' ', '/', 'A', 'B', 'ä', 'а', '\u202e', '0', '1', 'x', '%2F', '"', "'"];
const heads = ['', 'shop', 'payments-prod', 'x'.repeat(40), '10.1.2', 'zb-', 'zbf-', 'fd00-0-0-0', '_512'];

/** Words close to each other: few odd signs, common beginnings, cuts at every length; and plain random ones. */
function word(dice: Dice): string {
  const head = dice.of(heads);
  const signs = dice.next(3) === 0 ? odd : letters;
  const length = 1 + dice.next(signs === odd ? 7 : 12);
  let text = head;
  for (let i = 0; i < length; i++) text += dice.of(signs);
  return dice.next(8) === 0 ? text.toUpperCase() : text;
}

const hubs = ['prod', 'prod-a', 'a', 'a-10', 'a-fd00', 'Prod', 'x'.repeat(31), 'pro.d', 'x_0123456789abcdef'];

function address(dice: Dice): string {
  if (dice.next(2) === 0) return [10, dice.next(256), dice.next(256), dice.next(256)].join('.');
  const part = () => (dice.next(3) === 0 ? 0 : dice.next(65536)).toString(16);
  return new URL(`http://[fd00:${Array.from({ length: 7 }, part).join(':')}]`).hostname.slice(1, -1);
}

/** The identity at a place; the same for the same seed. */
export function identityAt(seed: number, place: number): Identity {
  const dice = new Dice(seed, place);
  const hub = dice.next(4) === 0 ? word(dice) : dice.of(hubs);
  const kind = dice.of(['group', 'group', 'feed', 'feed', 'shard', 'address'] as const);
  if (kind === 'address') return { kind, hub, address: address(dice) };
  const group = word(dice);
  if (kind !== 'shard') return { kind, hub, group };
  const count = 2 ** (1 + dice.next(9));
  return { kind, hub, group, count, index: dice.next(count) };
}

/** The name on the device, as the device compares names, with the table in which it has to be unique. */
export function nameOf(identity: Identity): string {
  const { kind, hub } = identity;
  if (kind === 'feed') {
    return `feed ${nameKey(objectName({ hub, group: identity.group, channel: 'push' }))}`;
  }
  // Addresses and groups share one name space.
  if (kind === 'address') return `address ${nameKey(addressName(hub, identity.address))}`;
  const name = objectName({ hub, group: identity.group, channel: 'objects' });
  return `address ${nameKey(kind === 'group' ? name : shardName(name, identity.count, identity.index))}`;
}
