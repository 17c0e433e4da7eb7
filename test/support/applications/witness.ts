import type { KubeConfig, V1Namespace, V1Node, V1Pod, V1Service } from '@kubernetes/client-node';
import type { FirewallView } from '../../../lib/sandbox/firewall-view.ts';
import type { ApplicationGroup } from './groups.ts';
import { Mirror } from './mirror.ts';
import { addressesBy, pathOf } from './truth.ts';

/** From when to when (milliseconds of `performance.now`) an address was somewhere; without end it still is. */
interface Stay {
  group: string;
  address: string;
  from: number;
  to: number;
}

/** How long each address was in each group: by what the API says, or on the firewall. */
class Stays {
  readonly all: Stay[] = [];
  readonly #open = new Map<string, Map<string, Stay>>();

  /** From now on exactly these addresses are in the group. */
  set(group: string, addresses: readonly string[]): void {
    const now = performance.now();
    const before = this.#open.get(group) ?? new Map<string, Stay>();
    const after = new Map<string, Stay>();
    for (const address of addresses) {
      const stay = before.get(address) ?? { group, address, from: now, to: Infinity };
      if (!before.has(address)) this.all.push(stay);
      after.set(address, stay);
    }
    for (const [address, stay] of before) if (!after.has(address)) stay.to = now;
    this.#open.set(group, after);
  }
}

/** Every pod that has an address of its own, whatever its labels are. */
const anywhere = { name: 'any pod', truth: { kind: 'pods', select: '' } } as const;

/** Two watches of one API need not hear of the same thing in the same moment. */
const apartMs = 2_000;
/** By so much at most is one watch behind the other when nothing is wrong. */
const hearsayMs = 50;

/**
 * Looks at API and firewall all the time, at the firewall after each of its changes: no state of it is missed. What belongs into a group it has
 * from watches of its own, in which the API compares the labels.
 */
export class Witness {
  /** What belongs by the API, and what the firewall has. */
  readonly belongs = new Stays();
  readonly has = new Stays();
  readonly #groups: readonly ApplicationGroup[];
  readonly #view: FirewallView;
  readonly #mirrors: Mirror<object>[] = [];

  constructor(groups: readonly ApplicationGroup[], view: FirewallView) {
    this.#groups = groups;
    this.#view = view;
    const { device } = view.simulator;
    device.onChange = () => this.#lookAtFirewall();
  }

  async start(config: KubeConfig): Promise<void> {
    const nodes = this.#mirror<V1Node>(config);
    const refreshes: (() => void)[] = [];
    for (const { name, truth } of [...this.#groups, anywhere] as Pick<ApplicationGroup, 'name' | 'truth'>[]) {
      const namespaces = this.#mirror<V1Namespace>(config);
      const selected = this.#mirror<V1Pod | V1Node | V1Service>(config);
      const refresh = (): void => {
        const answer = {
          namespaces: namespaces.objects,
          selected: selected.objects,
          nodes: nodes.objects,
        };
        this.belongs.set(name, addressesBy(truth, answer));
      };
      refreshes.push(refresh);
      await namespaces.start('/api/v1/namespaces', truth.namespaces ?? '', refresh);
      await selected.start(pathOf(truth), truth.select, refresh);
    }
    await nodes.start('/api/v1/nodes', '', () => {
      for (const refresh of refreshes) refresh();
    });
  }

  stop(): void {
    for (const mirror of this.#mirrors) mirror.stop();
  }

  /** Why it did not see everything. */
  get failures(): unknown[] {
    return this.#mirrors.flatMap(({ failure }) => failure ?? []);
  }

  /** Stays on the firewall of addresses that belonged to no endpoint of the group when they came there. */
  strangers(): Stay[] {
    return this.has.all.filter(
      (stay) =>
        !this.#stays(stay).some(({ from, to }) => from <= stay.from + apartMs && to >= stay.from - apartMs),
    );
  }

  /** Stays on the firewall that ended although the address belonged before, then and after. */
  interrupted(): Stay[] {
    return this.has.all.filter((stay) =>
      this.#stays(stay).some(({ from, to }) => from + apartMs < stay.to && stay.to + apartMs < to),
    );
  }

  /** For each address that came to belong since a moment, and still does: after how many milliseconds the firewall had it. */
  additions(since: number): number[] {
    return this.belongs.all.flatMap((stay) => {
      if (stay.from < since || stay.to !== Infinity) return [];
      const on = this.has.all.find((one) => same(stay, one) && one.to > stay.from);
      return on ? Math.max(0, on.from - stay.from) : [];
    });
  }

  /** For each address that left since a moment: for how many milliseconds the firewall had it after it had ceased to belong. */
  removals(since: number): number[] {
    return this.has.all.flatMap((stay) => {
      if (stay.to < since || stay.to === Infinity) return [];
      const ends = this.#stays(stay).map(({ to }) => to);
      return Math.max(0, stay.to - Math.max(...ends.filter((to) => to <= stay.to + apartMs)));
    });
  }

  /** When the firewall changed last. */
  get lastChange(): number {
    return Math.max(...this.has.all.flatMap(({ from, to }) => (to === Infinity ? from : to)));
  }

  /**
   * How many milliseconds an address was in a group although another pod had it by then, one that does not belong: the cluster gives addresses
   * again, and until the firewall has heard of it the new owner is let in.
   */
  lent(): number[] {
    const owned = Map.groupBy(
      this.belongs.all.filter(({ group }) => group === anywhere.name),
      ({ address }) => address,
    );
    return this.has.all.flatMap((stay) => {
      const rightful = this.#stays(stay);
      return (owned.get(stay.address) ?? []).flatMap((owner) => {
        const time = overlap(owner, stay);
        return time <= 0 || rightful.some((one) => overlap(one, owner) > hearsayMs) ? [] : time;
      });
    });
  }

  #stays(like: Stay): Stay[] {
    return this.belongs.all.filter((stay) => same(stay, like));
  }

  #mirror<T extends object>(config: KubeConfig): Mirror<T> {
    const mirror = new Mirror<T>(config);
    this.#mirrors.push(mirror);
    return mirror;
  }

  #lookAtFirewall(): void {
    for (const { channel, name } of this.#groups) this.has.set(name, this.#view.members(name, channel) ?? []);
  }
}

/** How long both were; below zero when they were not. */
function overlap(one: Stay, other: Stay): number {
  return Math.min(one.to, other.to) - Math.max(one.from, other.from);
}

function same(one: Pick<Stay, 'group' | 'address'>, other: Pick<Stay, 'group' | 'address'>): boolean {
  return one.group === other.group && one.address === other.address;
}
