export interface Cidr {
  /** The first address as a number. */
  base: number;
  prefix: number;
  /** Number of addresses. */
  size: number;
}

/** An IPv4 range. Throws RangeError for everything else. */
export function parseCidr(text: string): Cidr {
  const [, address = '', length = ''] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  const parts = address.split('.').map(Number);
  const prefix = Number(length);
  if (parts.length !== 4 || parts.some((part) => part > 255) || prefix > 32) {
    throw new RangeError(`${JSON.stringify(text)} is not an IPv4 range such as 10.128.0.0/9.`);
  }
  const value = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - prefix);
  return { base: value - (value % size), prefix, size };
}

export function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
