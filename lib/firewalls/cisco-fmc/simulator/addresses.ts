import ipaddr from 'ipaddr.js';

/** `10.1.2.3` or `fd00::1`. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));
}

/** `10.0.0.0/8`, with or without host bits. */
export function isNetwork(text: string): boolean {
  return text.includes('/') && ipaddr.isValidCIDR(text);
}

/** `10.0.0.1-10.0.0.9`, both of one family. */
export function isRange(text: string): boolean {
  const ends = text.split('-');
  const families = new Set(ends.map((end) => end.includes(':')));
  return ends.length === 2 && ends.every(isAddress) && families.size === 1;
}
