import type { AddressGroup } from '../model/address-group.ts';

/** Where a quarantine wants an address. */
export type QuarantineWish = 'in' | 'out';

/** A person's order that an address, or all own addresses of a pod, may not pass. */
export interface Quarantine {
  id: string;
  /** As the person named it: an address, or `cluster/namespace/name`. */
  target: string;
  /** Global id of the pod it follows; undefined for an address. */
  follows?: string | undefined;
  /** Endpoints that had the addresses when the order was given: anybody else who gets one was not meant. */
  holders: readonly string[];
  /** Somebody else has got an address since. */
  reused?: { at: number; address: string; endpoint: string } | undefined;
  /** When an address was added last; runs that do not know it yet may be under way for a while. */
  extendedAt?: number | undefined;
  /** `realm|address`; the realm is `*` when an address was named. */
  addresses: readonly string[];
  /** Deny group that gets the addresses; undefined for none. */
  denyGroup?: string | undefined;
  by: string;
  reason?: string | undefined;
  ticket?: string | undefined;
  /** Milliseconds since 1970. */
  since: number;
}

export const everyRealm = '*';

export function quarantinedAddress(realm: string, address: string): string {
  return `${realm}|${address}`;
}

/** All quarantines in force, prepared for many questions. */
export class Quarantines {
  readonly all: readonly Quarantine[];
  readonly #byAddress = new Map<string, Quarantine[]>();

  constructor(all: readonly Quarantine[]) {
    this.all = all;
    for (const one of all)
      for (const address of one.addresses) {
        const known = this.#byAddress.get(address);
        if (known) known.push(one);
        else this.#byAddress.set(address, [one]);
      }
  }

  of(realm: string, address: string): readonly Quarantine[] {
    if (this.#byAddress.size === 0) return [];
    const anywhere = this.#byAddress.get(quarantinedAddress(everyRealm, address)) ?? [];
    return [...anywhere, ...(this.#byAddress.get(quarantinedAddress(realm, address)) ?? [])];
  }

  /** What they want of an address in a group: out of every allow group, in the deny group that was named, nothing otherwise. */
  wish(group: AddressGroup, place: { realm: string; address: string }): QuarantineWish | undefined {
    const found = this.of(place.realm, place.address);
    if (found.length === 0) return undefined;
    if (group.usedIn === 'allow') return 'out';
    return found.some(({ denyGroup }) => denyGroup === group.name) ? 'in' : undefined;
  }
}

export const noQuarantines = new Quarantines([]);
