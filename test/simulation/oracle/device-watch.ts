import type { Device, DeviceChange } from '../firewall/device.ts';
import type { DeviceGuard } from '../firewall/module.ts';
import type { Hub } from '../hub.ts';
import type { Process } from '../kernel/process.ts';
import type { GroupSpec, HubSpec } from '../plan/spec.ts';
import { objectName } from '../plan/spec.ts';
import { BrakeWatch } from './brake-watch.ts';
import { DecisionWatch } from './decision-watch.ts';
import { LimitsWatch } from './limits-watch.ts';
import { longestRunMs } from './longest-run.ts';
import { OrderWatch } from './order-watch.ts';
import { Told } from './told.ts';
import type { Truth } from './truth.ts';

/** What must hold at every write of one hub to any device. */
export class DeviceWatch implements DeviceGuard {
  readonly brakes: BrakeWatch;
  readonly orders: OrderWatch;
  readonly decisions: DecisionWatch;
  readonly limits: LimitsWatch;
  readonly told: Told;
  /** Tables were lost or put back, or listings were wrong: what the hub knows may be wrong, too. */
  misled = false;
  /** When what groups hold was last lost or put back: it is told anew, without what caused it first. */
  retoldAt = 0;
  /** Writes into an object that a person had put in the place of ours since the last comparison. */
  intoSwapped = 0;
  readonly #hub: Hub;
  readonly #truth: Truth;
  /** Configurations that were made active, the last one last. */
  readonly #history: { time: number; spec: HubSpec }[] = [];

  constructor(hub: Hub, truth: Truth) {
    this.#hub = hub;
    this.#truth = truth;
    this.brakes = new BrakeWatch(hub.kernel, truth);
    this.orders = new OrderWatch(hub);
    this.decisions = new DecisionWatch(hub, truth, this.brakes);
    this.told = new Told(() => hub.kernel.now);
    this.limits = new LimitsWatch(hub, {
      truth,
      brakes: this.brakes,
      told: this.told,
      retoldAt: () => this.retoldAt,
    });
    hub.tables.watchers.push((key, before, after) => this.brakes.intends(key, before, after));
    hub.bus.onAccepted = (_, entry) => this.told.hear(entry);
  }

  /** A configuration became active. */
  activated(spec: HubSpec): void {
    this.#history.push({ time: this.#hub.kernel.now, spec });
    this.decisions.activatedAt = this.#hub.kernel.now;
    this.#truth.spec = spec;
    this.#truth.look();
    this.limits.activated();
  }

  sends(process: Process, firewall: string): void {
    const spec = this.#hub.spec.firewalls.find(({ name }) => name === firewall);
    this.orders.sends(process, firewall, `writer|paper:${spec?.plane ?? ''}`);
  }

  touches(change: {
    firewall: string;
    device: Device;
    object: string;
    op: 'create' | 'add' | 'remove';
    address?: string;
  }): void {
    const { device, firewall, object, op } = change;
    const targets = this.#targets(firewall, object);
    const text = `${op} ${change.address ?? ''} in ${object} on ${device.name} by ${this.#hub.spec.name}/${firewall}`;
    // A person's order takes a member out of a group that otherwise only grows.
    const removes = op === 'remove' && !this.#truth.everQuarantined.has(change.address ?? '');
    if (!targets.some(({ mode }) => mode === 'sync' || (mode === 'add-only' && !removes)))
      this.#violate(
        'writes only what is configured',
        `${text}: modes ${targets.map(({ mode }) => mode).join(', ') || 'none'}`,
      );
    if (op === 'create') return;
    if (!this.#isOurs(change, targets)) this.#violate('no foreign object is touched', text);
  }

  /** A member of one of our objects was changed by this hub. */
  changed(device: Device, firewall: string, change: DeviceChange, members: ReadonlySet<string>): void {
    const group = this.#groupOf(change.object);
    if (group === undefined) return;
    this.#justify(device, firewall, group, change);
    if (!this.misled) {
      this.decisions.changed({ firewall, device, group, change });
      const maxMembers = Math.max(...this.#groups(change.object).map((one) => one.maxMembers));
      this.limits.changed({ firewall, group, change, members, maxMembers });
    }
    this.brakes.changed({ firewall, group, change, members });
  }

  #isOurs(
    { device, firewall, object }: { device: Device; firewall: string; object: string },
    targets: readonly { create: 'own' | 'offered' }[],
  ): boolean {
    const found = device.objects.get(object);
    if (!found) return true;
    const own = targets.some(({ create }) => create === 'own');
    const { touchedAt } = found;
    const group = this.#groupOf(object)?.name ?? '';
    if (own && found.maker === `${this.#hub.spec.name}/${firewall}` && touchedAt === undefined) return true;
    if (!own && found.comment.includes(`zonebridge:offer:${group}`)) return true;
    // Somebody put something else in its place: known with the next comparison, and not before.
    const since = touchedAt ?? found.madeAt;
    if (since === undefined || this.#comparedSince(firewall, since)) return false;
    this.intoSwapped += 1;
    return true;
  }

  #comparedSince(firewall: string, time: number): boolean {
    const [row] = this.#hub.tables.store.read([{ table: 'control', pk: `reconcile|${firewall}` }]);
    return (
      row?.['error'] === '' &&
      Number(row['startedAt']) >= time &&
      Number(row['finishedAt']) < this.#hub.kernel.now - longestRunMs
    );
  }

  /** Nothing is put on a firewall that nobody ever wanted, and nothing taken off that nobody ever gave up. */
  #justify(device: Device, firewall: string, group: GroupSpec, change: DeviceChange): void {
    if (this.misled) return;
    const realms = this.#hub.spec.firewalls.find(({ name }) => name === firewall)?.realms ?? [];
    const wishes = realms.map((realm) => `${group.name}|${realm}|${change.address}`);
    const place = `${change.address} in ${group.name} on ${device.name}`;
    const ordered = this.#truth.everQuarantined.has(change.address);
    const given = ordered || this.#truth.isShared(change.address);
    if (
      change.op === 'add' &&
      !wishes.some((wish) => this.#truth.everWanted.has(wish) || this.#truth.everListed.has(wish)) &&
      !(ordered && group.usedIn === 'deny')
    )
      this.#violate('only what was wanted is added', place);
    const wanted = wishes.some((wish) => this.#truth.everWanted.has(wish));
    if (change.op === 'remove' && wanted && !given && !wishes.some((wish) => this.#truth.everLeft.has(wish)))
      this.#violate('only what was given up is removed', `${place}: wanted all the time`);
  }

  #groupOf(object: string): GroupSpec | undefined {
    for (const { spec } of this.#history.toReversed()) {
      const found = spec.groups.find((group) => objectName(spec.name, group) === object);
      if (found) return found;
    }
    return undefined;
  }

  /** Targets that a run of now may be working for. */
  #targets(firewall: string, object: string): GroupSpec['publish'][number][] {
    return this.#groups(object).flatMap(({ publish }) =>
      publish.filter((target) => target.firewall === firewall),
    );
  }

  /** The group of an object, in each configuration that a run of now may be working with. */
  #groups(object: string): GroupSpec[] {
    const since = this.#hub.kernel.now - longestRunMs;
    const recent = this.#history.filter((_, index) => (this.#history[index + 1]?.time ?? Infinity) > since);
    return recent.flatMap(({ spec }) =>
      spec.groups.filter((group) => objectName(spec.name, group) === object),
    );
  }

  #violate(invariant: string, message: string): void {
    this.#hub.kernel.violate(invariant, message);
  }
}
