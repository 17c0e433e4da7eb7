import { type Kind, type Parts, vendors } from './vendors.ts';

/** What an object of ours on a firewall stands for. */
export interface Identity {
  kind: string;
  /** What its name has to tell apart, and no more. */
  parts: Partial<Parts>;
}

/** Identities and names of one vendor. */
export interface Naming {
  /** The identity at a place; the same for the same seed. */
  identityAt: (seed: number, place: number) => Identity;
  /** Its name, as the device compares names, with the table in which it has to be unique. */
  nameOf: (identity: Identity) => string;
}

/** Throws RangeError for a vendor that is not known. */
export function namingOf(vendor: string): Naming {
  const kinds = Object.hasOwn(vendors, vendor) ? vendors[vendor] : undefined;
  if (!kinds) throw new RangeError(`--firewall is one of ${Object.keys(vendors).join(', ')}`);
  const words = Object.keys(kinds);
  return {
    identityAt(seed, place) {
      const dice = new Dice(seed, place);
      const word = dice.of(words);
      return { kind: word, parts: partsOf(dice, kinds[word] as Kind) };
    },
    nameOf({ kind, parts }) {
      const { table, name } = kinds[kind] as Kind;
      return `${table} ${name(parts as Parts)}`;
    },
  };
}

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
const heads = [
  '',
  'shop',
  'payments-prod',
  'x'.repeat(40),
  '10.1.2',
  'zb-',
  'zbf-',
  'fd00-0-0-0',
  '_512',
  'none',
  '.v6',
];
const hubs = ['prod', 'prod-a', 'a', 'a-10', 'a-fd00', 'Prod', 'x'.repeat(31), 'pro.d', 'x_0123456789abcdef'];
const firewalls = ['edge', 'edge-1', 'root', 'a.b', 'b'];

/** Words close to each other: few odd signs, common beginnings, cuts at every length; and plain random ones. */
function word(dice: Dice): string {
  const head = dice.of(heads);
  const signs = dice.next(3) === 0 ? odd : letters;
  const length = 1 + dice.next(signs === odd ? 7 : 12);
  let text = head;
  for (let i = 0; i < length; i++) text += dice.of(signs);
  return dice.next(8) === 0 ? text.toUpperCase() : text;
}

const makers: { [P in keyof Parts]: (dice: Dice) => Parts[P] } = {
  hub: (dice) => (dice.next(4) === 0 ? word(dice) : dice.of(hubs)),
  group: word,
  firewall: (dice) => (dice.next(4) === 0 ? word(dice) : dice.of(firewalls)),
  address,
  shard(dice) {
    const count = 2 ** (1 + dice.next(9));
    return { count, index: dice.next(count) };
  },
};

function partsOf(dice: Dice, { of }: Kind): Partial<Parts> {
  return Object.fromEntries(of.map((part) => [part, makers[part](dice)]));
}

function address(dice: Dice): string {
  if (dice.next(2) === 0) return [10, dice.next(256), dice.next(256), dice.next(256)].join('.');
  const part = () => (dice.next(3) === 0 ? 0 : dice.next(65536)).toString(16);
  return new URL(`http://[fd00:${Array.from({ length: 7 }, part).join(':')}]`).hostname.slice(1, -1);
}
