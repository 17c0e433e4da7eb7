import { readEndpoint } from '../../../lib/app/state/endpoints.ts';
import type { Key, Item } from '../../../lib/core/ports.ts';
import type { Device, DeviceChange } from '../firewall/device.ts';
import type { Hub } from '../hub.ts';
import { closedThroughout } from '../plan/closed-times.ts';
import type { GroupSpec } from '../plan/spec.ts';
import type { BrakeWatch } from './brake-watch.ts';
import type { Truth } from './truth.ts';

interface Change {
  firewall: string;
  device: Device;
  group: GroupSpec;
  change: DeviceChange;
}

/** From the plan of a run to the last effect of its call. */
const runMs = 200_000;
/** By then the hub knows what happened in a cluster, unless something holds it up. */
const heardMs = 20 * 60_000;

/** What people decided about changes holds: quarantines, rejections, freezes and maintenance windows. */
export class DecisionWatch {
  /** When the last configuration became active. */
  activatedAt = 0;
  /** Until when the hub may know too little, or not have acted, because it, an agent or a firewall stands still. */
  #heldUpUntil = 0;
  /** `firewall|group|op|address` -> when it was rejected, and what others had done to the device by then. */
  readonly #rejected = new Map<string, { at: number; disturbances: number }>();
  /** Targets of orders that were carried out completely, and when. */
  readonly #quarantinedAt = new Map<string, number>();
  /** When an address came onto a firewall: `firewall|group|address`. */
  readonly #addedAt = new Map<string, number>();
  readonly #hub: Hub;
  readonly #truth: Truth;
  readonly #brakes: BrakeWatch;

  constructor(hub: Hub, truth: Truth, brakes: BrakeWatch) {
    this.#hub = hub;
    this.#truth = truth;
    this.#brakes = brakes;
    hub.tables.watchers.push((key, before, after) => this.#orders(key, before, after));
  }

  heldUp(milliseconds: number): void {
    this.#heldUpUntil = Math.max(this.#heldUpUntil, this.#hub.kernel.now + milliseconds);
  }

  quarantined(target: string): void {
    if (this.#truth.quarantines.has(target)) this.#quarantinedAt.set(target, this.#hub.kernel.now);
  }

  /** Only what the hub knew to the last: a pod that had the address before may be meant otherwise. */
  rejected(key: string): void {
    const address = key.slice(key.lastIndexOf('|') + 1);
    if (!this.#isHeard(this.#truth.touchedAt.get(address) ?? 0)) return;
    this.#rejected.set(key, { at: this.#hub.kernel.now, disturbances: this.#disturbances(key) });
  }

  /** A rejection that was taken back does not return when the approval ends unused. */
  approved(key: string): void {
    this.#rejected.delete(key);
  }

  changed(done: Change): void {
    const { firewall, group, change } = done;
    const place = `${firewall}|${group.name}`;
    const key = `${place}|${change.op}|${change.address}`;
    if (change.op === 'add' && group.usedIn !== 'deny') this.#checkQuarantine(done);
    if (!this.#isReleased(key)) {
      this.#checkFreeze(done);
      this.#checkRejection(key, change.address);
    }
    this.#rejected.delete(key);
    if (change.op === 'add') this.#addedAt.set(`${place}|${change.address}`, this.#hub.kernel.now);
  }

  /** The list of orders: an order counts when it is written down. And what the hub has heard of. */
  #orders(key: Key, before: Item | undefined, after: Item | undefined): void {
    if (key.table === 'endpoints') this.#hears(key, after);
    if (key.table !== 'control' || key.pk !== 'quarantines') return;
    const [old, fresh] = [targetsIn(before), targetsIn(after)];
    for (const target of fresh)
      if (!old.has(target)) this.#truth.quarantine(target, addressesIn(after, target));
    for (const target of old) {
      if (fresh.has(target)) continue;
      this.#truth.quarantines.delete(target);
      this.#quarantinedAt.delete(target);
    }
  }

  #hears(key: Key, after: Item | undefined): void {
    const [, uid = ''] = key.sk?.split('|') ?? [];
    this.#truth.heard(uid, readEndpoint(key.sk ?? '', after)?.record?.addresses ?? []);
  }

  /** A pod that gets its address later is followed as fast as the hub hears of it; that is looked at when all is at rest. */
  #checkQuarantine({ firewall, change }: Change): void {
    const { kernel, spec } = this.#hub;
    const realms = spec.firewalls.find(({ name }) => name === firewall)?.realms ?? [];
    for (const [target, at] of this.#quarantinedAt) {
      const one = this.#truth.quarantines.get(target);
      if (one?.address !== change.address || at > kernel.now - runMs) continue;
      if (one.uid !== undefined && (this.#truth.touchedAt.get(change.address) ?? 0) >= at) continue;
      if (one.realm !== undefined && !realms.every((realm) => realm === one.realm)) continue;
      kernel.violate('a quarantined address joins nothing', `${change.address} (${target}) on ${firewall}`);
    }
  }

  #checkFreeze({ firewall, group, change }: Change): void {
    const { kernel, spec } = this.#hub;
    const { now } = kernel;
    const closed = closedThroughout(spec.closed ?? [], firewall, { from: now - runMs, to: now });
    if (!closed || this.#truth.everQuarantined.has(change.address)) return;
    const text = `${change.op} ${change.address} in ${group.name} on ${firewall}`;
    if (change.op === 'add' || closed.strict) {
      kernel.violate('closed times hold changes', text);
      return;
    }
    // A comparison takes off at any time what an older state brings back and nobody wants there any more.
    if (change.broughtBack) return;
    const touched = this.#truth.touchedAt.get(change.address);
    const added = this.#addedAt.get(`${firewall}|${group.name}|${change.address}`) ?? 0;
    const living = touched !== undefined && this.#truth.holderOf(change.address) !== undefined;
    if (group.addresses === 'pod' && living && touched < added && this.#isHeard(touched))
      kernel.violate('closed times hold changes', `${text}, whose pod lives unchanged`);
  }

  /** Nothing new asked for it: no configuration, nothing in the cluster, nobody at the device. */
  #checkRejection(key: string, address: string): void {
    const { kernel } = this.#hub;
    const rejected = this.#rejected.get(key);
    if (!rejected || this.activatedAt > rejected.at - runMs) return;
    if ((this.#truth.touchedAt.get(address) ?? 0) > rejected.at) return;
    if (this.#truth.everQuarantined.has(address) || this.#disturbances(key) > rejected.disturbances) return;
    kernel.violate('what was rejected stays undone', `${key}, rejected at ${rejected.at}`);
  }

  /** Whether the hub must have heard of what happened then. */
  #isHeard(time: number): boolean {
    const { now, weather } = this.#hub.kernel;
    const late = weather.eventLost + weather.eventLate + weather.eventVeryLate > 0;
    return !late && now - Math.max(time, this.#heldUpUntil) > heardMs;
  }

  #isReleased(key: string): boolean {
    return (this.#brakes.released.get(key) ?? 0) > this.#hub.kernel.now;
  }

  #disturbances(key: string): number {
    return this.#hub.deviceOf(key.split('|')[0] ?? '')?.disturbances ?? 0;
  }
}

function targetsIn(item: Item | undefined): Set<string> {
  const all = item?.['all'];
  return new Set(Array.isArray(all) ? all.flatMap((one) => targetOf(one)) : []);
}

function targetOf(one: unknown): string[] {
  const target = typeof one === 'object' && one !== null && 'target' in one ? one.target : undefined;
  return typeof target === 'string' ? [target] : [];
}

/** The addresses of which an order says that it is about them. */
function addressesIn(item: Item | undefined, target: string): string[] {
  const all = (item?.['all'] ?? []) as { target: string; addresses: string[] }[];
  const order = all.find((one) => one.target === target);
  return order?.addresses.map((entry) => entry.slice(entry.indexOf('|') + 1)) ?? [];
}
