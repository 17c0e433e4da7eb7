import { ZonebridgeError } from '../../core/errors.ts';
import { parseAddress } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';

/**
 * Names of our objects. The forms are disjoint, because addresses and groups share a name space on the devices:
 *
 *   zb-<hub>.<group>              group, feed or tag, as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        one whose name had to be changed: no dot, one underscore
 *   zb-<hub>-10.1.2.3             IPv4 address: three dots, no underscore
 *   zb-<hub>-fd00-0-0-0-0-0-0-1   IPv6 address with all eight parts: neither
 *
 * The hosted file of a feed is called `<name>.<adom>.txt`, because files are shared by all ADOMs.
 */
export const objectNameLength = 79;

const plain = /^[a-z0-9-]+$/;
const alphabet = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const hashDigits = 16;

export interface NameRequest {
  hub: string;
  group: string;
  channel: string;
  override?: string | undefined;
}

/** Name of a group's object. Injective over hub, group and channel, also without regard to case. Throws `configuration/invalid`. */
export function objectName({ hub, group, override }: NameRequest): string {
  if (override !== undefined) return checkedOverride(override);
  const name = `zb-${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= objectNameLength) return name;
  const hash = digest(JSON.stringify([hub, group])).slice(0, hashDigits);
  const readable = group
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, objectNameLength - 'zb-'.length - hashDigits - 1);
  return `zb-${readable}_${hash}`;
}

function checkedOverride(name: string): string {
  if (alphabet.test(name) && name.length <= objectNameLength) return name;
  throw new ZonebridgeError(
    'configuration/invalid',
    `object name ${JSON.stringify(name.slice(0, 100))} does not fit a FortiManager: up to ${objectNameLength} letters, digits, dots, dashes and underscores`,
  );
}

/** The hosted file of a feed: firewalls fetch it as `fmg://<file>`. */
export function fileName(name: string, adom: string): string {
  return `${name}.${adom}.txt`;
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

/** Assumption: no source says whether names are compared with regard to case; names that differ only in case count as one. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/**
 * A name as part of a URL: a slash in it is escaped. An empty name is refused: it would make a request about one object a request about
 * the table, and a `delete` of a table removes every row.
 */
export function inUrl(name: string): string {
  if (name.trim() === '' || /^\.+$/.test(name))
    throw new ZonebridgeError('configuration/invalid', `${JSON.stringify(name)} is no name of an object`);
  return name.replaceAll('\\', '').replaceAll('/', String.raw`\/`);
}
