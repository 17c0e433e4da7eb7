import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../../../lib/sandbox/cluster.ts';
import type { SeededRandom } from '../../support/ports.ts';
import { type BenchPod, namespace, type Rig } from '../rig.ts';
import type { Arrivals, Asked } from './arrivals.ts';

/** An address may be given again after this time; sooner, its two changes may become none on the way. */
const reuseAfterMs = 10_000;

/**
 * Changes of one group at a steady rate: pods that come, go, leave the selection by their label and come back; the number of
 * pods stays. Addresses are given again, as a real network does.
 */
export class Load {
  readonly #rig: Rig;
  readonly #group: string;
  readonly #random: SeededRandom;
  readonly #arrivals: Arrivals;
  /** Pods that the group selects, those that wait for their address, and those whose label leads elsewhere. */
  readonly #inside: BenchPod[];
  #ready: BenchPod[] = [];
  readonly #outside: BenchPod[] = [];
  readonly #freed: { address: string; at: number }[] = [];
  readonly #size: number;
  changes = 0;

  constructor(
    rig: Rig,
    options: { group: string; pods: readonly BenchPod[]; random: SeededRandom; arrivals: Arrivals },
  ) {
    this.#rig = rig;
    this.#group = options.group;
    this.#random = options.random;
    this.#arrivals = options.arrivals;
    this.#inside = [...options.pods];
    this.#size = options.pods.length;
  }

  /** Addresses that every firewall should have now. */
  wanted(): ReadonlySet<string> {
    return new Set(this.#inside.map(({ address }) => address));
  }

  /** Begins `rate` changes a second until `end` (as performance.now()), and waits for the last answers. */
  async run(rate: number, end: number): Promise<void> {
    const running = new Set<Promise<void>>();
    const first = performance.now();
    for (let begun = 0; performance.now() < end; begun++) {
      await delay(Math.max(0, first + (begun * 1000) / rate - performance.now()));
      if (this.#ready.length < 5) this.#ready.push(...(await this.#rig.createPods(this.#group, 20)));
      const change = this.#change().finally(() => running.delete(change));
      running.add(change);
    }
    await Promise.all(running);
  }

  async #change(): Promise<void> {
    this.changes += 1;
    const choice = this.#random.next();
    if (choice < 0.1 && this.#outside.length > 0) return await this.#comeBack();
    if (choice < 0.2) return await this.#leave();
    return this.#inside.length < this.#size ? await this.#come() : await this.#go();
  }

  async #come(): Promise<void> {
    const pod = this.#ready.shift();
    if (!pod) return;
    const old = this.#freed[0];
    if (old && performance.now() - old.at > reuseAfterMs) {
      this.#freed.shift();
      pod.address = old.address;
    }
    const asked = await timed(this.#rig.cluster.runPod(namespace, pod.name, pod.address));
    this.#arrivals.expect('add', pod.address, asked);
    this.#inside.push(pod);
  }

  async #go(): Promise<void> {
    const pod = this.#take(this.#inside);
    if (!pod) return;
    const asked = await timed(this.#rig.cluster.deletePod(namespace, pod.name));
    this.#arrivals.expect('remove', pod.address, asked);
    this.#freed.push({ address: pod.address, at: performance.now() });
  }

  async #leave(): Promise<void> {
    const pod = this.#take(this.#inside);
    if (!pod) return;
    const asked = await timed(this.#rig.cluster.label(namespace, pod.name, { group: 'elsewhere' }));
    this.#arrivals.expect('remove', pod.address, asked);
    this.#outside.push(pod);
  }

  async #comeBack(): Promise<void> {
    const pod = this.#outside.shift();
    if (!pod) return;
    const asked = await timed(this.#rig.cluster.label(namespace, pod.name, { group: this.#group }));
    this.#arrivals.expect('add', pod.address, asked);
    this.#inside.push(pod);
  }

  #take(pods: BenchPod[]): BenchPod | undefined {
    const [pod] = pods.splice(Math.floor(this.#random.next() * pods.length), 1);
    return pod;
  }
}

async function timed(call: Promise<number>): Promise<Asked> {
  return { at: now(), answeredAt: await call };
}
