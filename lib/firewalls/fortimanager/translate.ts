import ipaddr from 'ipaddr.js';
import { canonicalAddress } from '../../core/model/address.ts';

/** Our canonical form is what the manager gives back for single addresses, after its own spelling is undone. */
export function canonical(address: string): string {
  return canonicalAddress(address);
}

/** A single address in our form; undefined for everything else. */
export function single(text: string): string | undefined {
  try {
    return canonicalAddress(text);
  } catch {
    // Devices may write zeros that our parser refuses as ambiguous; IPv6 has no such ambiguity.
    return ipaddr.IPv6.isValid(text) && !text.includes('%') && !text.includes('.')
      ? ipaddr.IPv6.parse(text).toRFC5952String()
      : undefined;
  }
}

/** A range of one address is that address; any other stays text. */
export function rangeText(text: string): string {
  const [from = '', to = '', ...more] = text.split('-');
  const one = single(from.trim());
  return one !== undefined && more.length === 0 && single(to.trim()) === one ? one : text.trim();
}
