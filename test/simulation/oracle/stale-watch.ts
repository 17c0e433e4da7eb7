import type { Item } from '../../../lib/core/ports.ts';
import type { Device } from '../firewall/device.ts';
import { type Weather, type WeatherName, weatherNames } from '../kernel/weather.ts';
import { closedThroughout } from '../plan/closed-times.ts';
import type { FirewallSpec, GroupSpec } from '../plan/spec.ts';
import type { HubSide } from '../world.ts';
import { type Place, placeOf } from './place.ts';

type Known = Pick<HubSide, 'hub' | 'truth' | 'watch'>;

const minuteMs = 60_000;
const lookMs = 5 * minuteMs;
/** Refused credentials keep everybody away for a while after they are mended. */
export const circuitMs = 15 * minuteMs;
/** Weather that keeps nobody from his work. */
const harmless: readonly WeatherName[] = [
  'eventTwice',
  'indexLag',
  'messageTwice',
  'readSplit',
  'writeRepeated',
];
/** How long, while nothing stands still, an address may stay on a firewall that nobody wants there any more. */
export const staleMs = 30 * minuteMs;

interface Stale {
  address: string;
  how: 'moved' | 'gone';
  row: Item | undefined;
}

/**
 * An address whose endpoint is gone, or that belongs to another endpoint now, leaves. What belongs to nobody may be held, with a reason
 * that people read; what belongs to another endpoint may not.
 */
export class StaleWatch {
  /** When it was first seen to be so: `firewall|group|address|moved` or `gone`. */
  readonly #since = new Map<string, number>();
  /** Until when somebody who has a part in it stands still, by firewall; `*` is the hub. */
  readonly #heldUpUntil = new Map<string, number>();
  readonly #side: Known;
  readonly #devices: ReadonlyMap<string, Device>;

  constructor(side: Known, devices: ReadonlyMap<string, Device>) {
    this.#side = side;
    this.#devices = devices;
    side.hub.kernel.scheduler.after(lookMs, () => this.#tick());
  }

  heldUp(milliseconds: number, firewall = '*'): void {
    const until = this.#side.hub.kernel.now + milliseconds;
    this.#heldUpUntil.set(firewall, Math.max(this.#heldUpUntil.get(firewall) ?? 0, until));
  }

  /** The faults end: what stood still goes on. */
  faultsEnd(): void {
    this.#heldUpUntil.clear();
    this.heldUp(circuitMs);
  }

  #tick(): void {
    this.#look();
    this.#side.hub.kernel.scheduler.after(lookMs, () => this.#tick());
  }

  #look(): void {
    const { hub } = this.#side;
    const seen = new Set<string>();
    // Whoever is struck down again and again gets on, but nobody can say how fast.
    if (isRough(hub.kernel.weather)) this.heldUp(0);
    for (const firewall of hub.spec.firewalls) {
      if (this.#isClosed(firewall.name)) this.heldUp(0, firewall.name);
      for (const group of hub.spec.groups) this.#lookAt(firewall, group, seen);
    }
    for (const key of this.#since.keys()) if (!seen.has(key)) this.#since.delete(key);
  }

  #lookAt(firewall: FirewallSpec, group: GroupSpec, seen: Set<string>): void {
    const { hub, watch } = this.#side;
    const { now } = hub.kernel;
    const device = this.#devices.get(firewall.device);
    const place = device && placeOf(this.#side, { firewall, group, device });
    if (!place?.isOurs || place.target.mode !== 'sync' || watch.misled) return;
    for (const { address, how, row } of this.#staleIn(place, firewall.name)) {
      const key = `${firewall.name}|${group.name}|${address}|${how}`;
      seen.add(key);
      const since = this.#since.get(key) ?? now;
      this.#since.set(key, since);
      const forMs = now - Math.max(since, this.#goesOnSince('*'), this.#goesOnSince(firewall.name));
      if (forMs > staleMs)
        hub.kernel.violate(
          'a stale address leaves in time',
          `${address} in ${place.name} is ${how} for ${Math.round(forMs / 1000)} s: ${JSON.stringify(row)}`,
        );
    }
  }

  #staleIn({ group, members, rows, target, wanted }: Place, firewall: string): Stale[] {
    const { truth, watch } = this.#side;
    return members
      .filter((address) => !wanted.includes(address))
      .flatMap((address): Stale[] => {
        const found = rows.find(({ key }) => key.sk?.endsWith(`|${address}`));
        const row = found?.item;
        // A person's own, as far as anybody can tell.
        if (row === undefined && target.onForeignAdd !== 'remove') return [];
        const holder = group.addresses === 'pod' ? truth.holderOf(address) : undefined;
        // What the hub did not put there belonged to nobody before.
        const known = found?.key.sk?.startsWith('-|') !== true;
        if (
          holder !== undefined &&
          known &&
          isForAnother(row, holder) &&
          watch.brakes.isMoved(`${firewall}|${group.name}`, address)
        )
          return [{ address, how: 'moved', row }];
        return row?.['heldReason'] === undefined ? [{ address, how: 'gone', row }] : [];
      });
  }

  #goesOnSince(firewall: string): number {
    return this.#heldUpUntil.get(firewall) ?? 0;
  }

  /** Nothing may be written now: people paused it, or nothing at all may happen in these times. */
  #isClosed(firewall: string): boolean {
    const { hub, watch } = this.#side;
    const { now } = hub.kernel;
    if (watch.orders.paused.some((what) => what === '*' || what === firewall)) return true;
    return closedThroughout(hub.spec.closed ?? [], firewall, { from: now, to: now })?.strict === true;
  }
}

function isRough(weather: Weather): boolean {
  return weatherNames.some((name) => weather[name] > 0 && !harmless.includes(name));
}

/**
 * Of what an older backup brought back nobody knows any more whose it was: it counts as gone, and may be held. A member that was there when its
 * next pod was wanted, too, is that one's from then on.
 */
function isForAnother(row: Item | undefined, holder: string): boolean {
  if (row === undefined) return true;
  const why = row['why'] as { endpoint?: string } | undefined;
  const named = row['endpoint'] ?? why?.endpoint;
  return typeof named === 'string' && !named.endsWith(`|${holder}`);
}
