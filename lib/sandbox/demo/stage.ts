import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { ReconcileRequest } from '../../app/reconcile/reconcile-firewall.ts';
import { names } from '../../app/names.ts';
import { Cluster } from '../cluster.ts';
import { sandboxHub } from '../configuration.ts';
import type { FirewallView } from '../firewall-view.ts';
import { Person } from '../person.ts';
import type { Sandbox } from '../sandbox.ts';

/** Group of pods on the newer firewall and group of nodes on the older one. */
export const pods = { firewall: 'edge', group: 'storefront', channel: 'push' } as const;
export const nodes = { firewall: 'core', group: 'storefront-nodes', channel: 'objects' } as const;
export type Place = typeof pods | typeof nodes;

/** Result of one step. `latencyMs` runs from the answer of the Kubernetes API (or the person's) to the firewall's commit. */
export interface Step {
  name: string;
  what: string;
  ok: boolean;
  latencyMs: number | undefined;
  /** Counts for the propagation figures: a change in the cluster that reached the newer firewall. */
  propagation: boolean;
}

const patienceMs = 30_000;

/** Everything the steps of the demo play with. */
export class Stage {
  readonly sandbox: Sandbox;
  readonly cluster: Cluster;
  readonly people: Record<string, Person>;
  readonly steps: Step[] = [];
  readonly #onStep: (step: Step) => void;

  constructor(sandbox: Sandbox, onStep: (step: Step) => void) {
    this.sandbox = sandbox;
    this.cluster = new Cluster(sandbox.kubeconfig);
    this.people = Object.fromEntries(
      Object.entries(sandbox.firewalls).map(([id, { simulator }]) => [id, new Person(simulator)]),
    );
    this.#onStep = onStep;
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

  /**
   * Plays a step: `act` changes something and gives the moment it was accepted; then the firewall must become as `wanted` says.
   * The first look at the commits is taken before the change, so that a fast answer is not missed.
   */
  async step(
    name: string,
    place: Place,
    play: {
      act: () => Promise<number>;
      wanted: () => Promise<boolean> | boolean;
      what: () => string;
      propagation?: boolean;
    },
  ): Promise<void> {
    const { commits } = this.view(place).simulator;
    const before = commits.last;
    const since = await play.act();
    const end = performance.now() + patienceMs;
    let ok = await play.wanted();
    while (!ok && performance.now() < end) {
      await delay(3);
      ok = await play.wanted();
    }
    // The commit may come before the answer of the change that caused it: then it took no time at all.
    const last = commits.after(before).at(-1);
    const latencyMs = ok && last ? Math.max(0, Math.round(last.at - since)) : undefined;
    this.note({ name, what: play.what(), ok, latencyMs, propagation: play.propagation ?? false });
  }

  note(step: Step): void {
    this.steps.push(step);
    this.#onStep(step);
  }

  /** The hub has given the agent its epoch and has what the cluster holds. */
  async agentReady(): Promise<void> {
    const url = `${this.sandbox.agent?.url}/readyz`;
    const end = performance.now() + patienceMs;
    while (performance.now() < end) {
      const answer = await request(url).catch(() => undefined);
      await answer?.body.dump();
      if (answer?.statusCode === 200) return;
      await delay(50);
    }
    throw new Error('the agent did not become ready; see agent.log');
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

/** Same addresses, in whatever order. */
export function same(left: readonly string[], right: readonly string[]): boolean {
  return JSON.stringify(left.toSorted()) === JSON.stringify(right.toSorted());
}
