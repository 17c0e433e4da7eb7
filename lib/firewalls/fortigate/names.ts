import { ZonebridgeError } from '../../core/errors.ts';
import { parseAddress } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';

/**
 * Names on the device. The forms are disjoint, because addresses, groups, shards and feeds share name spaces there:
 *
 *   zb-<hub>.<group>              group, as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        group whose name had to be changed: no dot, one underscore
 *   <group name>_<shards>_<n>     shard of a large group: two or three underscores
 *   zb-<hub>-10.1.2.3             IPv4 address: three dots, no underscore
 *   zb-<hub>-fd00-0-0-0-0-0-0-1   IPv6 address with all eight parts: neither
 *   zbf-...                       feed, in the two forms of a group
 */
export const objectNameLength = 79;
export const feedNameLength = 35;

const plain = /^[a-z0-9-]+$/;
const alphabet = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const hashDigits = 16;
/** Room for `_512_511` behind the name of a group that is split. */
const shardRoom = 8;

export interface NameRequest {
  hub: string;
  group: string;
  channel: string;
  override?: string | undefined;
}

/** Name of a group's object. Injective over hub, group and channel, also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: NameRequest): string {
  const { hub, group, channel, override } = request;
  const feed = channel === 'push';
  const longest = feed ? feedNameLength : objectNameLength;
  if (override !== undefined) return checkedOverride(override, longest);
  const start = feed ? 'zbf-' : 'zb-';
  const room = feed ? longest : longest - shardRoom;
  const name = `${start}${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= room) return name;
  const hash = digest(JSON.stringify([hub, group])).slice(0, hashDigits);
  const readable = group
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, room - start.length - hashDigits - 1);
  return `${start}${readable}_${hash}`;
}

function checkedOverride(name: string, longest: number): string {
  if (alphabet.test(name) && name.length <= longest) return name;
  throw new ZonebridgeError(
    'configuration/invalid',
    `object name ${JSON.stringify(name.slice(0, 100))} does not fit a FortiGate: up to ${longest} letters, digits, dots, dashes and underscores`,
  );
}

/** Name of the object of one address. The same address has one object, whatever groups it is in. */
export function addressName(hub: string, address: string): string {
  const { ip, family } = parseAddress(address);
  const prefix = addressPrefix(hub);
  if (family === 4) return prefix + address;
  const parts = 'parts' in ip ? ip.parts.map((part) => part.toString(16)) : [];
  return prefix + parts.join('-');
}

/** Address that an address object of ours stands for by its name; undefined for any other name. */
export function addressOfName(hub: string, name: string): string | undefined {
  const prefix = addressPrefix(hub);
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  try {
    const { text } = parseAddress(rest.includes('.') ? rest : rest.replaceAll('-', ':'));
    return addressName(hub, text) === name ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What the names of all our address objects begin with; a hub outside the alphabet or too long is hashed. */
export function addressPrefix(hub: string): string {
  const word = plain.test(hub) && hub.length <= 30 ? hub : `x_${digest(hub).slice(0, hashDigits)}`;
  return `zb-${word}-`;
}

/** Name of shard `index` (from 0) of a group that is split into `count` groups. */
export function shardName(group: string, count: number, index: number): string {
  const tail = `_${count}_${index}`;
  const whole = group + tail;
  if (whole.length <= objectNameLength) return whole;
  // Only an overridden name can be this long.
  const hash = digest(group).slice(0, hashDigits);
  return `${group.slice(0, objectNameLength - tail.length - hashDigits - 1)}_${hash}${tail}`;
}

/** Into how many shards a group was split, when `member` is the name of one of them. */
export function shardCountIn(group: string, member: string): number | undefined {
  const match = /_(\d{1,3})_(\d{1,3})$/.exec(member);
  const count = Number(match?.[1]);
  const index = Number(match?.[2]);
  return match && member === shardName(group, count, index) ? count : undefined;
}

/**
 * Assumption: no source says whether FortiOS compares names with regard to case; names that differ only in case count as one.
 */
export function nameKey(name: string): string {
  return name.toLowerCase();
}
