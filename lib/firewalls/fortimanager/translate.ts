import ipaddr from 'ipaddr.js';
import { addressFamily, canonicalAddress } from '../../core/model/address.ts';

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

/** Table and fields by which an ADOM holds one address. */
export function addressObject(address: string): {
  table: 'address' | 'address6';
  fields: Record<string, unknown>;
} {
  return addressFamily(address) === 4
    ? { table: 'address', fields: { type: 'ipmask', subnet: [address, '255.255.255.255'] } }
    : { table: 'address6', fields: { type: 'ipprefix', ip6: `${address}/128` } };
}

/** The single address a row of `address` or `address6` stands for; undefined for ranges, names and everything else. */
export function addressOfRow(row: Readonly<Record<string, unknown>>): string | undefined {
  const { type, subnet, ip6 } = row;
  if (type === 'ipmask' || type === 0) {
    const [address, mask] = Array.isArray(subnet) ? subnet.map(String) : String(subnet).split(/[ /]/);
    return address !== undefined && (mask === '255.255.255.255' || mask === '32')
      ? single(address)
      : undefined;
  }
  // An object that became a range keeps the prefix it had.
  const isPrefix = type === 'ipprefix' || type === 0;
  return isPrefix && typeof ip6 === 'string' && ip6.endsWith('/128') ? single(ip6.slice(0, -4)) : undefined;
}

/** A range of one address is that address; any other stays text. */
export function rangeText(text: string): string {
  const [from = '', to = '', ...more] = text.split('-');
  const one = single(from.trim());
  return one !== undefined && more.length === 0 && single(to.trim()) === one ? one : text.trim();
}
