import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { GateRules } from '../../../lib/core/gates/gate.ts';
import { FirewallView } from '../../../lib/sandbox/firewall-view.ts';
import { type ApplicationGroup } from './groups.ts';
import { type Counts, LiveHub } from './live-hub.ts';
import { PlayedCluster } from './played-cluster.ts';
import { Witness } from './witness.ts';

const patience = { timeout: 60_000, interval: 50 };

/** What a change is, and what is waited for besides. */
export interface Change {
  what: string;
  act: () => Promise<unknown>;
  /** When it is over in the cluster. */
  over: () => Promise<boolean>;
  /** The brakes hold part of it until a person approves; this happens before. */
  braked?: () => Promise<unknown>;
}

/** What a change did. */
export interface Effect extends Counts {
  added: number;
  removed: number;
  /** Why changes waited for a person, for each that did. */
  held: string[];
}

/** A cluster with played nodes, agent and hub, a firewall, and a witness that looks at both ends. */
export class Experiment {
  readonly cluster: PlayedCluster;
  readonly hub: LiveHub;
  readonly witness: Witness;
  readonly #view: FirewallView;
  readonly #groups: readonly ApplicationGroup[];
  readonly #measured: Record<string, string | number>[] = [];

  private constructor(cluster: PlayedCluster, hub: LiveHub, groups: readonly ApplicationGroup[]) {
    this.cluster = cluster;
    this.hub = hub;
    this.#groups = groups;
    this.#view = new FirewallView(hub.simulator);
    this.witness = new Witness(groups, this.#view);
  }

  static async start(groups: readonly ApplicationGroup[], gates?: GateRules): Promise<Experiment> {
    const cluster = await PlayedCluster.start();
    try {
      const documents = Object.fromEntries(groups.map(({ document, name }) => [name, document]));
      const hub = await LiveHub.start({ entrance: await cluster.agentEntrance(gates), gates }, documents);
      const experiment = new Experiment(cluster, hub, groups);
      await experiment.witness.start(cluster.admin);
      await vi.waitUntil(() => hub.agent.status.ready, patience);
      return experiment;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.witness.stop();
    await this.hub.stop();
    await this.cluster.stop();
  }

  /** Members of a group on the firewall. */
  members(group: string): string[] {
    const channel = this.#groups.find(({ name }) => name === group)?.channel ?? '';
    return this.#view.members(group, channel) ?? [];
  }

  /** Does something in the cluster, and waits until it is over there and each group on the firewall is what the API says by its labels. */
  async change({ act, braked, over, what }: Change): Promise<Effect> {
    const since = performance.now();
    const before = this.hub.counts();
    await act();
    await vi.waitUntil(over, patience);
    const overAfter = performance.now() - since;
    const held = braked ? await this.#approve(braked) : [];
    await this.inStep();
    const effect = this.#note(what, { since, overAfter, before, held: held.length });
    expect(effect.writes).toBeLessThanOrEqual(mostWrites(effect));
    return { ...effect, held };
  }

  /** So long that the brakes count anew, and that no namespace is a new one any more. */
  passTime(): void {
    this.hub.clock.pass(11);
  }

  /** Waits until each group is as the API says, and nobody has anything more to do; fails with the difference. */
  async inStep(): Promise<void> {
    const same = async (): Promise<boolean> => {
      const [firewall, api] = await this.#compared();
      return this.hub.idle && JSON.stringify(firewall) === JSON.stringify(api);
    };
    await vi.waitUntil(same, patience).catch(() => undefined);
    // What comes late shall not be taken for the work of the next change.
    await delay(300);
    const [firewall, api] = await this.#compared();
    expect(firewall).toEqual(api);
  }

  print(): void {
    console.table(this.#measured);
  }

  async #compared(): Promise<[firewall: object, api: object]> {
    const api: Record<string, string[]> = {};
    for (const { name, truth } of this.#groups) api[name] = await this.cluster.addresses(truth);
    const firewall = Object.fromEntries(this.#groups.map(({ name }) => [name, this.members(name)]));
    return [firewall, api];
  }

  /** Waits until the hub has nothing to do, whatever it holds. */
  async calm(): Promise<void> {
    let calm = 0;
    await vi.waitUntil(() => (calm = this.hub.idle ? calm + 1 : 0) > 20, patience);
  }

  /** Waits until something is held and nothing more happens, and approves it as a person does. */
  async #approve(before: () => Promise<unknown>): Promise<string[]> {
    await this.calm();
    await before();
    await this.calm();
    const held = await this.hub.held();
    if (held.length > 0) await this.hub.approve(held);
    return held.map(({ reason }) => reason);
  }

  #note(
    what: string,
    at: { since: number; overAfter: number; before: Counts; held: number },
  ): Omit<Effect, 'held'> {
    const { hub, witness } = this;
    const [added, removed] = [witness.additions(at.since), witness.removals(at.since)];
    const after = hub.counts();
    const counts = {
      events: after.events - at.before.events,
      calls: after.calls - at.before.calls,
      writes: after.writes - at.before.writes,
    };
    this.#measured.push({
      change: what,
      cluster: seconds(at.overAfter),
      firewall: seconds(Math.max(0, witness.lastChange - at.since)),
      added: added.length,
      'p50/most': `${seconds(middle(added))}/${seconds(Math.max(0, ...added))}`,
      removed: removed.length,
      'p50/most ': `${seconds(middle(removed))}/${seconds(Math.max(0, ...removed))}`,
      held: at.held,
      ...counts,
    });
    return { ...counts, added: added.length, removed: removed.length };
  }
}

/** A call carries many changes; each takes three at most (an address object, its group, its comment), and objects are made once. */
function mostWrites({ added, removed }: Pick<Effect, 'added' | 'removed'>): number {
  return 3 * (added + removed) + 12;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
