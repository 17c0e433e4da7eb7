import type { Region } from './region.ts';

/** What the lists of an object let match: those of `<name>` and its sibling for IPv6; undefined without a list for IPv4. */
export function enforcedAddresses(region: Region, name: string): string[] | undefined {
  const four = region.named(name, 4);
  if (!four) return undefined;
  const six = region.named(`${name}.v6`, 6);
  return [...four.entries(), ...(six?.entries() ?? [])].map(({ cidr }) =>
    cidr.replace(/^([\d.]+)\/32$|^([\da-f:]+)\/128$/, '$1$2'),
  );
}
