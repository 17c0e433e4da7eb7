import ipaddr from 'ipaddr.js';
import { type AddressFamily, canonicalAddress, parseAddress } from '../../core/model/address.ts';

export function canonical(address: string): string {
  return canonicalAddress(address);
}

/** How a list holds one address. Throws `address/invalid`. */
export function entryOf(address: string): { cidr: string; family: AddressFamily } {
  const { text, family } = parseAddress(address);
  return { cidr: `${text}/${family === 4 ? 32 : 128}`, family };
}

/** What to take out for the text of a member: an address, or a range as it came from the list. */
export function entryToRemove(member: string): { cidr: string; family: AddressFamily } {
  if (member.includes('/')) return { cidr: member, family: member.includes(':') ? 6 : 4 };
  return entryOf(member);
}

/** Member that an entry is: the address of a /32 or /128, otherwise the text of the list. */
export function memberOf(cidr: string): string {
  const [address = '', bits] = cidr.split('/');
  if (bits === '32' && ipaddr.IPv4.isValidFourPartDecimal(address)) return canonicalAddress(address);
  if (bits === '128' && ipaddr.IPv6.isValid(address) && !address.includes('%'))
    return ipaddr.IPv6.parse(address).toRFC5952String();
  return cidr;
}
