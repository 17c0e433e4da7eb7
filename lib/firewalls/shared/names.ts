import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectNameRequest } from '../../core/firewall.ts';
import { parseAddress } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';
import { quoted } from '../../core/model/quoted.ts';

// Rules in use refer to these names: a change here renames objects on every device.

/** What stands in a name as it is. */
const plain = /^[a-z0-9-]+$/;
/** Longest hub that stands as it is in the names of its address objects. */
const hubLengthMax = 30;

/** How a channel writes the names of groups. */
export interface GroupNameForm {
  /** What all of them begin with; `zb-` unless given. */
  start?: string;
  /** Characters a name may have. */
  longest: number;
  /** The readable part of a changed name: small letters, digits and dashes. {@link readableWord} unless given; cut to what fits. */
  readable?: (group: string) => string;
}

/**
 * Name of a group's object: `zb-<hub>.<group>` as it is (one dot, no underscore), or `zb-<readable>_<16 hex>` where alphabet or length do not
 * fit (one underscore, no dot). Injective over hub and group, also without regard to case.
 */
export function groupName(
  { hub, group }: Pick<ObjectNameRequest, 'hub' | 'group'>,
  form: GroupNameForm,
): string {
  const { start = 'zb-', longest, readable = readableWord } = form;
  const name = `${start}${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= longest) return name;
  return hashedName([hub, group], { start, longest, readable: readable(group) });
}

/** `<start><readable>_<16 hex>`: the digits stand for the whole identity, the readable part is cut to what fits. */
export function hashedName(
  identity: readonly string[],
  { start, longest, readable }: { start: string; longest: number; readable: string },
): string {
  const tail = `_${shortHash(JSON.stringify(identity))}`;
  return start + readable.slice(0, longest - start.length - tail.length) + tail;
}

/** 16 hex digits that stand for a text. */
export function shortHash(text: string): string {
  return digest(text).slice(0, 16);
}

/** A text in small letters, digits and dashes. Different texts may give the same. */
export function readableWord(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/** Names that a device takes, and how to say so. */
export interface NameRule {
  alphabet: RegExp;
  longest: number;
  /** Names that are refused though alphabet and length fit. */
  refuses?: (name: string) => boolean;
  /** Says of a name, given in quotes and fit to be shown, that the device does not take it, and what it does take. */
  refusal: (shown: string) => string;
}

export function fitsRule(name: string, { alphabet, longest, refuses }: NameRule): boolean {
  return name.length <= longest && alphabet.test(name) && refuses?.(name) !== true;
}

/** A name that the configuration gives, as it is. Throws `configuration/invalid`. */
export function checkedOverride(name: string, rule: NameRule): string {
  if (fitsRule(name, rule)) return name;
  throw new ZonebridgeError('configuration/invalid', rule.refusal(quoted(name, 140)));
}

/** Names that differ only in case count as one. */
export function caselessKey(name: string): string {
  return name.toLowerCase();
}

/** Name of the object of one address: the prefix, then IPv4 as it is, or all eight parts of IPv6 with dashes between. */
export function addressName(prefix: string, address: string): string {
  const { ip, family } = parseAddress(address);
  if (family === 4) return prefix + address;
  const parts = 'parts' in ip ? ip.parts.map((part) => part.toString(16)) : [];
  return prefix + parts.join('-');
}

/** Address that an object with this prefix stands for by its name; undefined for any other name. */
export function addressOfName(prefix: string, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  try {
    const { text } = parseAddress(rest.includes('.') ? rest : rest.replaceAll('-', ':'));
    return addressName(prefix, text) === name ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What the names of all address objects of a hub begin with; a hub outside the alphabet or too long is hashed. */
export function hubPrefix(hub: string): string {
  const word = plain.test(hub) && hub.length <= hubLengthMax ? hub : `x_${shortHash(hub)}`;
  return `zb-${word}-`;
}

/** {@link addressName} where the same address has one object, whatever groups of the hub it is in. */
export function hubAddressName(hub: string, address: string): string {
  return addressName(hubPrefix(hub), address);
}

/** {@link addressOfName} for the objects that {@link hubAddressName} names. */
export function addressOfHubName(hub: string, name: string): string | undefined {
  return addressOfName(hubPrefix(hub), name);
}
