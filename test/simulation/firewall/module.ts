import { z } from 'zod';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type {
  ConnectionRequest,
  FirewallConnection,
  FirewallModule,
  ObjectChanges,
  ObjectReport,
  Outcome,
} from '../../../lib/core/firewall.ts';
import { paperModule } from '../../support/paper-firewall.ts';
import type { Process } from '../kernel/process.ts';
import type { Device } from './device.ts';

/** `plane`: the management plane, which takes one writer at a time and may hold several devices. */
const settings = z.object({ device: z.string(), plane: z.string() });
type Settings = z.infer<typeof settings>;

/** Told before a hub changes anything on a device. */
export interface DeviceGuard {
  /** An `apply` leaves the process. */
  sends(process: Process, firewall: string): void;
  /** A change is about to happen to an object. */
  touches(change: {
    firewall: string;
    device: Device;
    object: string;
    op: 'create' | 'add' | 'remove';
    address?: string;
  }): void;
}

/** The firewall module as a process of one hub has it; every call takes time and meets the weather. */
export function moduleOf(
  process: Process,
  hub: string,
  world: { devices: ReadonlyMap<string, Device>; guard: DeviceGuard },
): FirewallModule<Settings> {
  return {
    ...paperModule,
    settings,
    facts: {
      ...paperModule.facts,
      channels: {
        list: { ...paperModule.facts.channels['list']!, writesConfiguration: true },
        feed: { ...paperModule.facts.channels['list']!, writesConfiguration: false },
      },
      survivesReboot: 'no',
    },
    writerKey: ({ plane }) => plane,
    scope: ({ device }) => device,
    connect: async (request) => {
      const device = world.devices.get(request.settings.device);
      if (!device) throw new ZonebridgeError('firewall/unreachable', 'no such device');
      return new Connection({
        process,
        device,
        request,
        guard: world.guard,
        maker: `${hub}/${request.firewall}`,
      });
    },
  };
}

const failures = [
  'firewall/unreachable',
  'firewall/busy',
  'firewall/throttled',
  'firewall/unexpected-answer',
] as const;

interface Place {
  process: Process;
  device: Device;
  request: ConnectionRequest<Settings>;
  guard: DeviceGuard;
  maker: string;
}

class Connection implements FirewallConnection {
  readonly #place: Place;
  #known = false;

  constructor(place: Place) {
    this.#place = place;
  }

  identity: FirewallConnection['identity'] = () =>
    this.#call('identity', () => ({ ...this.#place.device.identity }));
  observeObject: FirewallConnection['observeObject'] = ({ name }) =>
    this.#call('observe object', () => {
      const object = this.#place.device.objects.get(name);
      return {
        exists: object !== undefined,
        comment: object?.comment ?? '',
        memberCount: object?.members.size ?? 0,
      };
    });
  observeMembers: FirewallConnection['observeMembers'] = ({ name }) =>
    this.#call('observe members', () => this.#members(name));
  observeSome: FirewallConnection['observeSome'] = ({ name }, addresses) =>
    this.#call('observe some', () => {
      const members = new Set(this.#members(name));
      return new Map(addresses.map((address) => [address, members.has(address)]));
    });
  references: FirewallConnection['references'] = () =>
    this.#call('references', () => ({ count: undefined, users: [] }));
  /** Nobody retires a group here. */
  deleteObject: FirewallConnection['deleteObject'] = ({ name }) =>
    this.#call('delete object', () => {
      throw new ZonebridgeError('firewall/unsupported', `${name} cannot be deleted`);
    });
  usage: FirewallConnection['usage'] = () => ({ calls: 0, writes: 0, bytesSent: 0, bytesReceived: 0 });
  close: FirewallConnection['close'] = async () => undefined;

  lastIdentity: FirewallConnection['lastIdentity'] = () =>
    this.#known ? { ...this.#place.device.identity } : undefined;

  async apply(changes: readonly ObjectChanges[]): Promise<readonly ObjectReport[]> {
    this.#place.device.applies += 1;
    return this.#call('apply', () => this.#applyAll(changes));
  }

  /** Notes whether the call was worth it: one that was refused in part was. */
  #applyAll(changes: readonly ObjectChanges[]): ObjectReport[] {
    const { device } = this.#place;
    const before = device.changes;
    const reports = changes.map((one) => this.#applyOne(one));
    const failed = reports.some(
      ({ created, outcomes }) =>
        created !== undefined || [...outcomes.values()].some(({ state }) => state !== 'done'),
    );
    if (failed || device.changes > before) device.useful += 1;
    else device.idle += 1;
    return reports;
  }

  #members(name: string): string[] {
    const object = this.#place.device.objects.get(name);
    if (!object) throw new ZonebridgeError('firewall/object-missing', `no ${name}`);
    return [...object.members].sort();
  }

  /** One call: it may never arrive, arrive too late, do only its effect, or all of it. */
  async #call<T>(what: string, effect: () => T): Promise<T> {
    const { process, device, guard, request } = this.#place;
    const { kernel } = process;
    if (request.deadline <= process.clock.now()) throw unreachable('the time for calls is over');
    await this.#waitForBudget();
    const left = request.deadline - process.clock.now();
    const fails = kernel.strikes('deviceFails')
      ? kernel.dice.weighted({ before: 4, after: 3, slow: 2 })
      : 'not';
    const there = fails === 'slow' ? kernel.dice.between(1_000, 20_000) : 12;
    device.calls += 1;
    if (fails !== 'not') device.uncertain += 1;
    if (what === 'apply') guard.sends(process, request.firewall);
    if (there >= left) {
      // We hang up; what was sent may be worked off all the same.
      if (kernel.dice.chance(0.5)) kernel.scheduler.after(there, () => attempt(() => this.#effect(effect)));
      await process.call(what, () => undefined, { there: left, back: 0 });
      throw unreachable('no answer in time');
    }
    return process.call(
      what,
      () => {
        if (fails === 'before')
          throw new ZonebridgeError(kernel.dice.pick(failures) ?? failures[0], 'weather');
        const result = this.#effect(effect);
        if (fails === 'after') throw new ZonebridgeError('firewall/outcome-unknown', 'reply lost');
        this.#known = true;
        return result;
      },
      // A slow call times out with its client; a minute later nothing of it arrives any more.
      { there, back: 8, most: left },
    );
  }

  async #waitForBudget(): Promise<void> {
    const { process, request } = this.#place;
    const wait = (): number => request.takeCall?.(process.clock.now()) ?? 0;
    for (let pause = wait(); pause > 0; pause = wait()) {
      if (process.clock.now() + pause >= request.deadline)
        throw new ZonebridgeError('firewall/budget-used', 'no calls left');
      await process.clock.sleep(pause);
    }
  }

  #effect<T>(effect: () => T): T {
    const { trouble } = this.#place.device;
    if (trouble === 'down') throw unreachable('down');
    if (trouble === 'busy') throw new ZonebridgeError('firewall/busy', 'busy');
    if (trouble === 'throttled') throw new ZonebridgeError('firewall/throttled', 'throttled');
    if (trouble === 'credentials') throw new ZonebridgeError('firewall/credentials-rejected', 'refused');
    return effect();
  }

  #applyOne(changes: ObjectChanges): ObjectReport {
    const { device } = this.#place;
    const { object } = changes;
    const report: ObjectReport & { outcomes: Map<string, Outcome> } = { object, outcomes: new Map() };
    if (changes.createWith) {
      report.created = this.#create(object.name, object.channel, changes.createWith.comment);
      if (report.created.state !== 'done') return report;
    }
    const { kernel } = this.#place.process;
    const half = kernel.strikes('deviceFails');
    for (const [op, addresses] of [
      ['add', changes.add],
      ['remove', changes.remove],
    ] as const) {
      for (const address of addresses) {
        const lost = half && kernel.dice.chance(0.5);
        report.outcomes.set(address, this.#changeMember(object.name, op, { address, lost }));
      }
    }
    const count = device.objects.get(object.name)?.members.size ?? 0;
    report.countAfter = count;
    const settled = [...report.outcomes.values()].every(({ state }) => state === 'done');
    if (settled && count !== changes.expectedCount)
      report.suspicion = new ZonebridgeError(
        'firewall/count-differs',
        `${count}, expected ${changes.expectedCount}`,
      );
    return report;
  }

  /** An object of this name that is there already is taken when it is ours, as the contract demands of an adapter. */
  #create(name: string, channel: string, comment: string): Outcome {
    const { device, maker, guard, request } = this.#place;
    const existing = device.objects.get(name);
    if (existing) {
      if (existing.comment === request.commentFor(name)) return { state: 'done' };
      return { state: 'failed', error: new ZonebridgeError('firewall/object-foreign', name) };
    }
    guard.touches({ firewall: request.firewall, device, object: name, op: 'create' });
    device.objects.set(name, {
      comment,
      members: new Set(),
      maker,
      feed: channel === 'feed',
      madeAt: this.#place.process.kernel.now,
    });
    this.#place.process.kernel.tell(() => `${device.name}: ${maker} makes ${name}`);
    return { state: 'done' };
  }

  #changeMember(
    name: string,
    op: 'add' | 'remove',
    { address, lost }: { address: string; lost: boolean },
  ): Outcome {
    const { device, maker, guard, request, process } = this.#place;
    const object = device.objects.get(name);
    if (!object) return failed('firewall/object-missing', name);
    const refusal = op === 'add' ? device.refuses(name, address) : undefined;
    if (refusal !== undefined) return failed(refusal, address);
    // Half done: the rest of the call was or was not worked off.
    if (!lost || process.kernel.dice.chance(0.5)) {
      guard.touches({ firewall: request.firewall, device, object: name, op, address });
      device.change({ by: maker, object: name, op, address });
    }
    return lost
      ? { state: 'unknown', error: new ZonebridgeError('firewall/outcome-unknown', 'reply lost') }
      : { state: 'done' };
  }
}

function failed(
  code: 'firewall/object-missing' | 'firewall/rejected' | 'firewall/table-full',
  text: string,
): Outcome {
  return { state: 'failed', error: new ZonebridgeError(code, text) };
}

function unreachable(message: string): ZonebridgeError {
  return new ZonebridgeError('firewall/unreachable', message);
}

function attempt(act: () => unknown): void {
  try {
    act();
  } catch {
    // Nobody waits for the answer any more.
  }
}
