import { inspect } from 'node:util';
import type { FirewallConnection, ObjectChanges, ObjectRef, Outcome } from '../../../lib/core/firewall.ts';
import { ownComment } from '../../../lib/core/plan/ownership.ts';
import type { PanoramaSimulator, SimulatorOptions } from '../../../lib/firewalls/panorama/simulator/index.ts';
import { startPanoramaSimulator } from '../../../lib/firewalls/panorama/simulator/index.ts';
import { connectTo, objectNamed } from './panorama-connection.ts';

/** How long one run has. */
const leaseMs = 65_000;

export const serials = ['007051000000001', '007051000000002'] as const;

/** Runs over channel `objects`, each with a connection and a lease of its own; waiting moves the clock of the device. */
export class ObjectRuns {
  readonly simulator: PanoramaSimulator;
  readonly #settings: Record<string, unknown>;
  readonly object = objectNamed('egress', 'objects');
  #passed = 0;

  private constructor(simulator: PanoramaSimulator, settings: Record<string, unknown>) {
    this.simulator = simulator;
    this.#settings = settings;
  }

  /** On a Panorama that pushes to two firewalls. */
  static async onPanorama(options: SimulatorOptions = {}): Promise<ObjectRuns> {
    const all = { kind: 'panorama', managed: serials, deviceGroups: ['edge'], ...options } as const;
    return new ObjectRuns(await startPanoramaSimulator(all), { deviceGroup: 'edge', push: 'device-group' });
  }

  static async onFirewall(
    options: SimulatorOptions = {},
    settings: Record<string, unknown> = {},
  ): Promise<ObjectRuns> {
    return new ObjectRuns(await startPanoramaSimulator(options), settings);
  }

  passTime(milliseconds: number): void {
    this.#passed += milliseconds;
    this.simulator.passTime(milliseconds);
  }

  async run<T>(work: (connection: FirewallConnection) => Promise<T>): Promise<T> {
    const clock = {
      now: () => Date.now() + this.#passed,
      sleep: async (milliseconds: number) => {
        this.passTime(milliseconds);
        await Promise.resolve();
      },
    };
    const request = { clock, deadline: clock.now() + leaseMs };
    const connection = await connectTo(this.simulator, this.#settings, request);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  async apply(changes: Partial<ObjectChanges>): Promise<Outcome> {
    const whole = { object: this.object, add: [], remove: [], expectedCount: 0, ...changes };
    const [report] = await this.run(async (connection) => await connection.apply([whole]));
    return [...report!.outcomes.values()][0] ?? report!.created!;
  }

  async create(add: readonly string[], object: ObjectRef = this.object): Promise<Outcome> {
    const scope = this.simulator.device.facts.kind === 'firewall' ? 'vsys1' : 'device-group edge';
    const comment = ownComment({ hub: 'test', firewall: 'edge-1', scope, object: object.name });
    return await this.apply({ object, createWith: { comment }, add });
  }

  /** What is read back of one address; `later` when that cannot be told yet. */
  async readBack(address: string, object: ObjectRef = this.object): Promise<boolean | 'later'> {
    return await this.run(async (connection) => {
      const seen = await connection.observeSome(object, [address]).catch(later);
      return seen.get(address) ?? 'later';
    });
  }

  /** Run after run, as the sync does it after an unknown outcome: reads back, and makes the change once more where that tells nothing. */
  async until(change: { add?: string[]; remove?: string[] }, address: string): Promise<number> {
    const wanted = change.add !== undefined;
    for (let runs = 1; runs < 20; runs++) {
      if ((await this.readBack(address)) === wanted) return runs;
      if ((await this.apply(change)).state === 'done') return runs;
    }
    throw new RangeError('it does not end');
  }

  /** Whether a firewall has an address in what was pushed to it. */
  onFirewall(serial: string, address: string): boolean {
    const received = this.simulator.device.managed.get(serial)?.received;
    return inspect(received, { depth: 20 }).includes(`${address}/32`);
  }

  jobs(): string[] {
    return this.simulator.device.jobs
      .all()
      .map(({ type, user }) => `${type} ${user}`)
      .toReversed();
  }
}

function later(error: unknown): ReadonlyMap<string, boolean> {
  if (error instanceof Error && 'code' in error && error.code === 'firewall/outcome-unknown')
    return new Map();
  throw error;
}
