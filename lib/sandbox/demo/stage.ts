import { setTimeout as delay } from 'node:timers/promises';
import type { ReconcileRequest } from '../../app/reconcile/reconcile-firewall.ts';
import { names } from '../../app/names.ts';
import { type Cluster, now } from '../cluster.ts';
import { type Groups, sandboxHub } from '../configuration.ts';
import type { FirewallView } from '../firewall-view.ts';
import { Person } from '../person.ts';
import type { Sandbox } from '../sandbox.ts';
import { guestTargets, type Guest } from '../guest.ts';
import { type Place, pods, storefrontGroups } from './groups.ts';

/** Result of one step. */
export interface Step {
  name: string;
  what: string;
  ok: boolean;
  /** From the answer of the Kubernetes API (or the person's) to the firewall's commit, without `clusterMs`. */
  latencyMs: number | undefined;
  /** What the cluster itself took, in milliseconds, where that is told apart: until its API said what came of the change. */
  clusterMs: number | undefined;
  /** Counts for the propagation figures: a change in the cluster that reached the newer firewall. */
  propagation: boolean;
}

/** Where the storefront stands. */
export interface Shop {
  namespace: string;
  /** Makes the workloads; gives the moment at which they were accepted (milliseconds since 1970). */
  open(): Promise<number>;
  /** How long a step may take, and how long it waits between two looks. */
  patienceMs: number;
  lookMs: number;
  /** Given to pods that are deleted. */
  graceSeconds: number;
  /** The last moment since then at which the API said something that matters to a group; undefined where that is not told apart. */
  lastNews?: (since: number) => number | undefined;
  /** Why pods do not come, for who waits in vain. */
  obstacles?: () => Promise<string[]>;
}

const patienceMs = 30_000;

interface Play {
  /** Changes something and gives the moment it was accepted. */
  act: () => Promise<number>;
  wanted: () => Promise<boolean> | boolean;
  what: () => string;
  /** A change in the cluster. */
  inCluster?: boolean;
  propagation?: boolean;
}

/** Everything the steps of the demo play with. */
export class Stage {
  readonly sandbox: Sandbox;
  readonly shop: Shop;
  readonly people: Record<string, Person>;
  readonly steps: Step[] = [];
  readonly #onStep: (step: Step) => void;

  constructor(sandbox: Sandbox, shop: Shop, onStep: (step: Step) => void) {
    this.sandbox = sandbox;
    this.shop = shop;
    this.people = Object.fromEntries(
      Object.entries(sandbox.firewalls).map(([id, { simulator }]) => [id, new Person(simulator)]),
    );
    this.#onStep = onStep;
  }

  get cluster(): Cluster {
    return this.sandbox.cluster().hands;
  }

  person(firewall: string): Person {
    const person = this.people[firewall];
    if (!person) throw new TypeError(`nobody works on ${firewall}`);
    return person;
  }

  view({ firewall }: Place): FirewallView {
    return this.sandbox.view(firewall);
  }

  members(place: Place): string[] {
    return this.view(place).members(place.group, place.channel) ?? [];
  }

  /** Name of the group's object on its firewall. */
  objectName(place: Place): string {
    return this.view(place).name(place.group, place.channel);
  }

  /** The groups as they are configured, or with another selector. */
  groups(select?: string): Groups {
    const guests = guestTargets(Object.keys(this.sandbox.guests));
    return storefrontGroups({ namespace: this.shop.namespace, select, guests });
  }

  /**
   * Plays a step: something changes, then the firewall must become as `wanted` says.
   * The first look at the commits is taken before the change, so that a fast answer is not missed.
   */
  async step(name: string, place: Place, play: Play): Promise<void> {
    const { commits } = this.view(place).simulator;
    const { lastNews, obstacles } = this.shop;
    const before = commits.last;
    const guests = this.#concerned(place, play).map((guest) => ({
      guest,
      from: guest.simulator.commits.last,
    }));
    const begun = now();
    const since = await play.act();
    const ok = await this.#comesTrue(play.wanted);
    const commit = commits.after(before).at(-1);
    const news = play.inCluster === true ? lastNews?.(begun) : undefined;
    const clusterMs = news === undefined ? undefined : elapsed(since, news);
    const latencyMs = ok && commit ? elapsed(Math.max(since, news ?? 0), commit.at) : undefined;
    const why = ok || play.inCluster !== true ? [] : ((await obstacles?.()) ?? []);
    const what = [play.what(), ...why].join('; ');
    this.note({ name, what, ok, latencyMs, clusterMs, propagation: play.propagation ?? false });
    for (const { guest, from } of ok ? guests : []) await this.#follow(name, guest, { from, since });
  }

  /** Firewalls of other vendors follow what happens to pods in the cluster. */
  #concerned(place: Place, { inCluster, propagation }: Play): Guest[] {
    return place === pods && (inCluster ?? propagation) === true ? Object.values(this.sandbox.guests) : [];
  }

  /** Looks until it is so, or patience is over. */
  async #comesTrue(wanted: Play['wanted']): Promise<boolean> {
    const { lookMs, patienceMs: patience } = this.shop;
    const end = performance.now() + patience;
    let ok = await wanted();
    while (!ok && performance.now() < end) {
      this.sandbox.signal.throwIfAborted();
      await delay(lookMs);
      ok = await wanted();
    }
    return ok;
  }

  /** The same addresses must come to a firewall of another vendor. */
  async #follow(name: string, guest: Guest, change: { from: number; since: number }): Promise<void> {
    const ok = await this.#comesTrue(() => same(guest.members(pods.group), this.members(pods)));
    const commit = guest.simulator.commits.after(change.from).at(-1);
    const latencyMs = ok && commit ? elapsed(change.since, commit.at) : undefined;
    const what = `the same on ${guest.displayName}: ${guest.members(pods.group).join(', ') || 'empty'}`;
    this.note({ name: `${name}, ${guest.kind}`, what, ok, latencyMs, propagation: false });
  }

  note(step: Omit<Step, 'clusterMs'> & { clusterMs?: number | undefined }): void {
    const whole = { clusterMs: undefined, ...step };
    this.steps.push(whole);
    this.#onStep(whole);
  }

  /** Asks for a comparison, as `zonebridge reconcile` does, and waits for its end. */
  async reconcile(firewall: string): Promise<void> {
    const { ports } = this.sandbox.app;
    const request: ReconcileRequest = { firewall, reason: 'demo', requestId: ports.random.id() };
    await ports.queues.send({
      queue: names.reconcileQueue(sandboxHub, `net-${firewall}`),
      body: JSON.stringify(request),
    });
    const end = performance.now() + patienceMs;
    while (performance.now() < end) {
      const [row] = await ports.tables.read([{ table: 'control', pk: `reconcile|${firewall}` }]);
      const answered = row?.['answered'];
      if (Array.isArray(answered) && answered.includes(request.requestId ?? '')) return;
      await delay(50);
    }
    throw new Error(`${firewall} was not compared within ${patienceMs / 1000} s`);
  }

  async close(): Promise<void> {
    for (const person of Object.values(this.people)) await person.close();
  }
}

/** Whole milliseconds. What follows may come before the answer of the change that caused it: then it took no time at all. */
function elapsed(from: number, to: number): number {
  return Math.max(0, Math.round(to - from));
}

/** Same addresses, in whatever order. */
export function same(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify(left.toSorted()) === JSON.stringify(right.toSorted());
}
