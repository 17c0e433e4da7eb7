import ipaddr from 'ipaddr.js';
import { ZonebridgeError } from '../errors.ts';
import { quoted } from './quoted.ts';

export type AddressFamily = 4 | 6;

/** One address, parsed once: `text` is the canonical form that keys, comparisons and firewalls use. */
export interface Address {
  text: string;
  family: AddressFamily;
  ip: ipaddr.IPv4 | ipaddr.IPv6;
}

/** Longest text of an IPv6 address without embedded IPv4 part: 8 groups of 4 digits and 7 colons. */
const longestAddress = 39;

/**
 * Parses one address in the one spelling that every program reads alike.
 *
 * IPv4: four decimal numbers without leading zeros (`10.1`, `010.0.0.1` and `0x0a.0.0.1` mean different things to different programs).
 * IPv6: RFC 4291 groups in any case and compression. No zone id, no dotted part and no IPv4-mapped address: each would be a second
 * name of another address. Surrounding blanks are refused, too.
 * @throws ZonebridgeError address/invalid
 */
export function parseAddress(text: string): Address {
  if (text.length > longestAddress) throw invalid(text, 'it is too long for an address');
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

/** The canonical form of an address: dotted IPv4, or IPv6 as RFC 5952 writes it. See {@link parseAddress}. */
export function canonicalAddress(text: string): string {
  return parseAddress(text).text;
}

/** No name has this form: a namespace has no dots, and no name a colon. */
const addressLike = /^[^/]*:|^\d+(\.\d+){3}(\/|$)/;

/**
 * The address that a person means, canonical: also with its whole length behind it (`/32`, `/128`), as firewalls show it. Undefined for what may
 * be a name.
 * @throws ZonebridgeError address/invalid for what can be no name and is no single address that we take
 */
export function askedAddress(text: string): string | undefined {
  if (!addressLike.test(text)) return undefined;
  const [, base = text, length] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (length === undefined || Number(length) === (address.family === 4 ? 32 : 128)) return address.text;
  throw invalid(text, 'it is a prefix, give one address');
}

/** The same where only an address can be meant. @throws ZonebridgeError address/invalid */
export function givenAddress(text: string): string {
  return askedAddress(text) ?? canonicalAddress(text);
}

/** @throws ZonebridgeError address/invalid */
export function addressFamily(address: string): AddressFamily {
  return parseAddress(address).family;
}

function parseIPv4(text: string): Address {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) {
    throw invalid(text, 'an IPv4 address is four numbers from 0 to 255 without leading zeros');
  }
  const ip = ipaddr.IPv4.parse(text);
  return { text: ip.toString(), family: 4, ip };
}

function parseIPv6(text: string): Address {
  if (text.includes('%')) throw invalid(text, 'a zone id has no meaning outside of its machine');
  if (text.includes('.')) throw invalid(text, 'an IPv6 address with a dotted part is not taken');
  if (!/^[0-9a-fA-F:]+$/.test(text) || /[0-9a-fA-F]{5}/.test(text) || !isCompleteIPv6(text)) {
    throw invalid(text, 'an IPv6 address is eight groups of one to four hex digits');
  }
  const ip = ipaddr.IPv6.parse(text);
  if (ip.isIPv4MappedAddress()) {
    throw invalid(text, `it is an IPv4-mapped address, write ${ip.toIPv4Address().toString()}`);
  }
  return { text: ip.toRFC5952String(), family: 6, ip };
}

/** Eight groups, or fewer with one `::` that stands for at least one group. */
function isCompleteIPv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (groups.includes('')) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function invalid(text: string, why: string): ZonebridgeError {
  return new ZonebridgeError('address/invalid', `${quoted(text)} is not an address we take: ${why}`);
}

/** A prefix such as `10.0.0.0/8`, parsed. `text` is canonical. */
interface Prefix {
  text: string;
  family: AddressFamily;
  network: ipaddr.IPv4 | ipaddr.IPv6;
  bits: number;
}

/**
 * The canonical form of a prefix: canonical network address, slash, length. Bits below the length must be zero; a length must be given.
 * @throws ZonebridgeError address/invalid, naming the prefix that was probably meant
 */
export function canonicalPrefix(text: string): string {
  return parsePrefix(text).text;
}

/** Ranges no address of a workload comes from, by RFC 6890 and 4291. `range()` of ipaddr.js names the same ones, but for one address only. */
const unusable: readonly (readonly [name: string, prefix: string])[] = [
  ['loopback', '127.0.0.0/8'],
  ['loopback', '::1/128'],
  ['link-local', '169.254.0.0/16'],
  ['link-local', 'fe80::/10'],
  ['multicast', '224.0.0.0/4'],
  ['multicast', 'ff00::/8'],
];

/** More that is nobody's address: RFC 6890 (this network, limited broadcast) and RFC 4291 (unspecified). */
const nobody: typeof unusable = [
  ['unspecified', '0.0.0.0/8'],
  ['broadcast', '255.255.255.255/32'],
  ['unspecified', '::/128'],
];

/**
 * The canonical form of an address that a workload can have: not unspecified, loopback, link-local, multicast or broadcast.
 * @throws ZonebridgeError address/invalid for what is no address, address/unusable naming the range
 */
export function workloadAddress(text: string): string {
  const address = parseAddress(text);
  const found = [...unusable, ...nobody].find(([, prefix]) => inRanges(address, parseRanges([prefix])));
  if (!found) return address.text;
  const [name, prefix] = found;
  throw new ZonebridgeError(
    'address/unusable',
    `${address.text} is ${name === 'unspecified' ? 'an' : 'a'} ${name} address (${prefix}), which no workload has`,
  );
}

/**
 * The canonical form of a prefix that is not the default route of its family.
 * @throws ZonebridgeError address/invalid
 */
export function boundedPrefix(text: string): string {
  const prefix = parsePrefix(text);
  if (prefix.bits === 0) {
    throw invalidPrefix(text, `it is the default route and holds every IPv${prefix.family} address`);
  }
  return prefix.text;
}

/**
 * The canonical form of a prefix that workloads can have their addresses from: no default route, nothing that shares an address with a
 * loopback, link-local or multicast range.
 * @throws ZonebridgeError address/invalid, naming the range
 */
export function workloadPrefix(text: string): string {
  const canonical = boundedPrefix(text);
  const prefix = parsePrefix(canonical);
  for (const [name, other] of unusable) {
    if (!prefixesOverlap(prefix, parsePrefix(other))) continue;
    const how = prefix.bits < parsePrefix(other).bits ? 'it holds' : 'it lies in';
    throw invalidPrefix(text, `${how} the ${name} range ${other}, from which no workload has an address`);
  }
  return canonical;
}

function parsePrefix(text: string): Prefix {
  const [, base, length] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  if (base === undefined || length === undefined) {
    throw invalidPrefix(text, 'a prefix is an address, a slash and a length, such as 10.0.0.0/8');
  }
  const address = parseAddress(base);
  const bits = Number(length);
  const most = address.family === 4 ? 32 : 128;
  if (bits > most)
    throw invalidPrefix(text, `the length of an IPv${address.family} prefix is at most ${most}`);
  const network = networkAddress(address, bits);
  if (network !== address.text) throw invalidPrefix(text, `it has host bits set, write ${network}/${bits}`);
  return { text: `${address.text}/${bits}`, family: address.family, network: address.ip, bits };
}

/** The canonical form of a prefix whose host bits may be set, as other programs take it; undefined for what is none. */
export function maskedPrefix(text: string): string | undefined {
  const [base = '', length = ''] = text.split('/', 2);
  try {
    const address = parseAddress(base);
    if (!/^\d{1,3}$/.test(length) || Number(length) > (address.family === 4 ? 32 : 128)) return undefined;
    return parsePrefix(`${networkAddress(address, Number(length))}/${Number(length)}`).text;
  } catch {
    return undefined;
  }
}

function networkAddress(address: Address, bits: number): string {
  const cidr = `${address.text}/${bits}`;
  if (address.family === 4) return ipaddr.IPv4.networkAddressFromCIDR(cidr).toString();
  return ipaddr.IPv6.networkAddressFromCIDR(cidr).toRFC5952String();
}

function invalidPrefix(text: string, why: string): ZonebridgeError {
  return new ZonebridgeError('address/invalid', `${quoted(text)} is not a prefix we take: ${why}`);
}

/** A set of prefixes, compiled once. An empty set holds no address. */
export interface Ranges {
  /** Canonical, in the order given. */
  readonly texts: readonly string[];
  readonly prefixes: readonly Prefix[];
}

/** Compiles prefixes; both families may be mixed. @throws ZonebridgeError address/invalid */
export function parseRanges(texts: readonly string[]): Ranges {
  const prefixes = texts.map(parsePrefix);
  return { texts: prefixes.map(({ text }) => text), prefixes };
}

/** True when an address lies in one of the prefixes. @throws ZonebridgeError address/invalid for a text that is none */
export function inRanges(address: string | Address, ranges: Ranges): boolean {
  const { family, ip } = typeof address === 'string' ? parseAddress(address) : address;
  return ranges.prefixes.some((prefix) => prefix.family === family && ip.match(prefix.network, prefix.bits));
}

/** True when some address lies in both: two prefixes overlap only when one holds the other's network address. */
export function rangesOverlap(a: Ranges, b: Ranges): boolean {
  return a.prefixes.some((one) => b.prefixes.some((other) => prefixesOverlap(one, other)));
}

/** True when every address of the prefix lies in one and the same prefix of the ranges. @throws ZonebridgeError address/invalid */
export function holdsPrefix(ranges: Ranges, prefix: string): boolean {
  const inner = parsePrefix(prefix);
  return ranges.prefixes.some((outer) => outer.bits <= inner.bits && prefixesOverlap(outer, inner));
}

function prefixesOverlap(one: Prefix, other: Prefix): boolean {
  if (one.family !== other.family) return false;
  return one.network.match(other.network, Math.min(one.bits, other.bits));
}
