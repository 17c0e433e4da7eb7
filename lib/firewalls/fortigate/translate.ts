import ipaddr from 'ipaddr.js';
import { canonicalAddress, parseAddress } from '../../core/model/address.ts';

/** Our canonical form is what the device gives back for single addresses, after its own spelling is undone. */
export function canonical(address: string): string {
  return canonicalAddress(address);
}

/** Table, field and value by which the configuration database holds one address. */
export interface AddressObject {
  table: 'address' | 'address6';
  fields: Record<string, string>;
}

export function addressObject(address: string): AddressObject {
  return parseAddress(address).family === 4
    ? { table: 'address', fields: { type: 'ipmask', subnet: `${address} 255.255.255.255` } }
    : { table: 'address6', fields: { type: 'ipprefix', ip6: `${address}/128` } };
}

/** The single address a row of `address` or `address6` stands for; undefined for ranges, names and everything else. */
export function addressOfRow(row: Readonly<Record<string, unknown>>): string | undefined {
  const { type, subnet, ip6 } = row;
  if (type === 'ipmask' && typeof subnet === 'string') {
    const [address = '', mask] = subnet.split(/[ /]/);
    return mask === '255.255.255.255' || mask === '32' ? single(address) : undefined;
  }
  if (type === 'ipprefix' && typeof ip6 === 'string' && ip6.endsWith('/128') && ip6.includes(':'))
    return single(ip6.slice(0, -4));
  return undefined;
}

/**
 * Text of one feed entry: an address in our form, anything else (range, prefix) as the device wrote it, so that a
 * removal of that text finds it.
 */
export function feedEntry(entry: string): string {
  const text = entry.trim();
  return single(text) ?? text;
}

function single(text: string): string | undefined {
  try {
    return canonicalAddress(text);
  } catch {
    // Devices may write zeros that our parser refuses as ambiguous; IPv6 has no such ambiguity.
    return ipaddr.IPv6.isValid(text) && !text.includes('%')
      ? ipaddr.IPv6.parse(text).toRFC5952String()
      : undefined;
  }
}
