import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../lib/core/errors.ts';
import type {
  ConnectionRequest,
  DeviceCertificate,
  DeviceIdentity,
  FirewallConnection,
  FirewallModule,
  ObjectChanges,
  ObjectReport,
  Outcome,
} from '../../lib/core/firewall.ts';

interface PaperObject {
  comment: string;
  members: Set<string>;
}

/** A firewall on paper: the contract of lib/core/firewall.ts without any wire, for tests of the use cases. */
export class PaperFirewall {
  readonly objects = new Map<string, PaperObject>();
  identity: DeviceIdentity = { serial: 'PAPER1', version: 'v1.0.0', bootTime: 1 };
  calls: { name: string; changes?: readonly ObjectChanges[] }[] = [];
  /** When each call came, in the order of `calls` as long as nobody empties them. */
  times: number[] = [];
  /** Throw to fail a whole call; `apply` may also name addresses whose reply is lost after (`unknown`) or that are refused. */
  fault: ((call: string) => void) | undefined;
  /** Runs before a call is sent. */
  beforeCall: ((call: string) => void | Promise<void>) | undefined;
  /** Runs while a call is on its way. */
  onItsWay: ((call: string) => void | Promise<void>) | undefined;
  refuse = new Map<string, ZonebridgeError>();
  loseReply = new Set<string>();
  /** Addresses that are on their way: `observeSome` leaves them out. */
  untold = new Set<string>();
  /** Rules that use an object, by its name. */
  readonly rules = new Map<string, string[]>();
  /** Credentials it accepts; undefined: any. */
  accepts: Set<string> | undefined;
  certificate: DeviceCertificate | undefined = { subject: 'paper', validTo: Date.UTC(2030, 0, 1) };

  members(object: string): string[] {
    return [...(this.objects.get(object)?.members ?? [])].sort();
  }

  applies(): (readonly ObjectChanges[])[] {
    return this.calls.flatMap((call) => (call.changes ? [call.changes] : []));
  }

  record(name: string, changes?: readonly ObjectChanges[]): void {
    this.calls.push(changes ? { name, changes } : { name });
    this.fault?.(name);
  }
}

export const paperFirewalls = new Map<string, PaperFirewall>();

function connection(device: PaperFirewall, request: ConnectionRequest<PaperSettings>): FirewallConnection {
  /** No call begins after the deadline, as the contract demands. */
  const call = async (name: string, changes?: readonly ObjectChanges[]): Promise<void> => {
    await device.beforeCall?.(name);
    if (request.clock.now() >= request.deadline)
      throw new ZonebridgeError('firewall/unreachable', 'the time for calls is over');
    for (let wait = takeCall(request); wait > 0; wait = takeCall(request)) {
      if (request.clock.now() + wait >= request.deadline)
        throw new ZonebridgeError('firewall/budget-used', 'no calls left');
      await request.clock.sleep(wait);
    }
    await device.onItsWay?.(name);
    device.times.push(request.clock.now());
    if (device.accepts && !device.accepts.has(request.credential))
      throw new ZonebridgeError('firewall/credentials-rejected', `${name}: not accepted`);
    device.record(name, changes);
  };
  return {
    identity: async () => {
      await call('identity');
      return device.identity;
    },
    lastIdentity: () => device.identity,
    certificate: () => device.certificate,
    observeObject: async ({ name }) => {
      await call('observeObject');
      const object = device.objects.get(name);
      return { exists: object !== undefined, comment: object?.comment ?? '' };
    },
    listObjects: async () => {
      await call('listObjects');
      return [...device.objects].map(([name, { comment }]) => ({ name, comment }));
    },
    observeMembers: async ({ name }) => {
      await call('observeMembers');
      return device.members(name);
    },
    observeFormer: async ({ name }) => {
      await call('observeFormer');
      return { addresses: device.members(name), others: [] };
    },
    observeSome: async ({ name }, addresses) => {
      await call('observeSome');
      const members = device.objects.get(name)?.members;
      const told = addresses.filter((address) => !device.untold.has(address));
      return new Map(told.map((address) => [address, members?.has(address) ?? false]));
    },
    apply: async (changes) => {
      if (changes.some(({ object }) => object.channel === 'one-by-one'))
        return applySingly(device, changes, call);
      await call('apply', changes);
      return changes.map((one) => applyOne(device, one));
    },
    references: async ({ name }) => {
      await call('references');
      const keys = device.rules.get(name) ?? [];
      return { count: keys.length, users: keys.map((key) => ({ where: 'rules', key, field: undefined })) };
    },
    deleteObject: async ({ name }) => {
      await call('deleteObject');
      if ((device.rules.get(name) ?? []).length > 0)
        throw new ZonebridgeError('firewall/object-in-use', `${name} is used`);
      device.objects.delete(name);
    },
    usage: () => ({ calls: device.calls.length, writes: 0, bytesSent: 0, bytesReceived: 0 }),
    close: async () => undefined,
  };
}

/** As on a device that takes one address a call. */
async function applySingly(
  device: PaperFirewall,
  changes: readonly ObjectChanges[],
  call: (name: string) => Promise<void>,
): Promise<ObjectReport[]> {
  const reports: ObjectReport[] = [];
  for (const one of changes) {
    const { createWith, ...plain } = one;
    const made = createWith && applyOne(device, { ...one, add: [], remove: [] }).created;
    const outcomes = new Map<string, Outcome>();
    const steps = [
      ...one.add.map((address) => ({ op: 'add', address })),
      ...one.remove.map((address) => ({ op: 'remove', address })),
    ];
    for (const { op, address } of steps) {
      try {
        await call(op);
        const single = { ...plain, add: [], remove: [], [op]: [address] };
        for (const [key, outcome] of applyOne(device, single).outcomes) outcomes.set(key, outcome);
      } catch (error) {
        if (!isZonebridgeError(error)) throw error;
        outcomes.set(address, { state: 'failed', error });
      }
    }
    reports.push({ object: one.object, outcomes, ...(made ? { created: made } : {}) });
  }
  return reports;
}

function takeCall({ takeCall: take, clock }: ConnectionRequest<PaperSettings>): number {
  return take?.(clock.now()) ?? 0;
}

function applyOne(device: PaperFirewall, changes: ObjectChanges): ObjectReport {
  const { object, createWith, adoptWith } = changes;
  const outcomes = new Map<string, Outcome>();
  const former = device.objects.get(object.name);
  if (adoptWith && former && former.comment === object.adopt) former.comment = adoptWith.comment;
  if (createWith) device.objects.set(object.name, { comment: createWith.comment, members: new Set() });
  const stored = device.objects.get(object.name);
  const change = (address: string, act: () => void): void => {
    const refusal = device.refuse.get(address);
    if (!stored)
      outcomes.set(address, {
        state: 'failed',
        error: new ZonebridgeError('firewall/object-missing', object.name),
      });
    else if (refusal) outcomes.set(address, { state: 'failed', error: refusal });
    else {
      act();
      const lost = device.loseReply.delete(address);
      const error = new ZonebridgeError('firewall/outcome-unknown', 'reply lost');
      outcomes.set(address, lost ? { state: 'unknown', error } : { state: 'done' });
    }
  };
  for (const address of changes.add) change(address, () => stored?.members.add(address));
  for (const address of changes.remove) change(address, () => stored?.members.delete(address));
  const countAfter = stored?.members.size ?? 0;
  const report: ObjectReport = { object, outcomes, countAfter };
  if (createWith || adoptWith) report.created = { state: 'done' };
  const settled = [...outcomes.values()].every(({ state }) => state === 'done');
  if (settled && countAfter !== changes.expectedCount) {
    report.suspicion = new ZonebridgeError(
      'firewall/count-differs',
      `${countAfter}, expected ${changes.expectedCount}`,
    );
  }
  return report;
}

/** `plane`: firewalls with the same one share a writer key, as the VDOMs of a device do. */
const settings = z.object({ device: z.string(), plane: z.string().optional() });
type PaperSettings = z.infer<typeof settings>;

export const paperModule: FirewallModule<PaperSettings> = {
  kind: 'paper',
  displayName: 'Paper',
  settings,
  facts: {
    channels: {
      list: {
        writesConfiguration: false,
        nameLength: 60,
        membersMax: 100_000,
        adopts: true,
        calls: { apply: 1, object: 0, add: 0, remove: 0 },
      },
      'one-by-one': {
        writesConfiguration: false,
        nameLength: 60,
        membersMax: 100_000,
        calls: { apply: 0, object: 0, add: 1, remove: 1 },
      },
    },
    commit: false,
    ipv6: true,
    callsPerMinute: 1000,
    callsPerMinuteMost: 10_000,
    survivesReboot: 'yes',
  },
  writerKey: ({ device, plane }) => plane ?? device,
  scope: () => 'root',
  objectName: ({ group, override }) => override ?? `obj-${group}`,
  nameKey: (name) => name.toLowerCase(),
  review: () => [],
  canonical: (address) => address,
  checkCredential: () => undefined,
  connect: async (request) => {
    const device = paperFirewalls.get(request.settings.device);
    if (!device) throw new ZonebridgeError('firewall/unreachable', 'no such paper');
    return connection(device, request);
  },
};
