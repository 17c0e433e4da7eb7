import { ciscoFmc } from '../../../lib/firewalls/cisco-fmc/index.ts';
import { enforcedAddresses } from '../../../lib/firewalls/cisco-fmc/simulator/enforced.ts';
import {
  type FmcSimulator,
  type SimulatorOptions,
  startFmcSimulator,
} from '../../../lib/firewalls/cisco-fmc/simulator/index.ts';
import type { Row, Table } from '../../../lib/firewalls/cisco-fmc/simulator/table.ts';
import { isLogin } from '../../../lib/firewalls/cisco-fmc/simulator/api.ts';
import { formatRelease } from '../../../lib/firewalls/cisco-fmc/simulator/version.ts';
import type { MemberObjects, PersonsLock, Rig } from './rig.ts';
import { countRequests, registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

/** Settings that reach a simulator. */
export function fmcSettingsFor(
  simulator: FmcSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const version = formatRelease(simulator.manager.settings.release);
  const cloud = version === 'cdfmc' ? { cloud: {} } : {};
  return { address: '127.0.0.1', port: simulator.port, version, ca: simulator.ca, ...cloud, ...more };
}

/** Without its limit of requests: a suite asks more in a minute than any user. */
export async function startFmcRig(
  options: SimulatorOptions = {},
): Promise<Rig & { simulator: FmcSimulator }> {
  const limits = { requestsPerMinute: Infinity, ...options.limits };
  const simulator = await startFmcSimulator({ ...options, limits });
  const settings = fmcSettingsFor(simulator);
  return {
    simulator,
    module: registered(ciscoFmc.kind),
    ...settingsAndWrongOnes(settings, { domain: 'Global/nowhere' }),
    channels: {
      dynamic: {
        // The first change in a process looks at the mark of the object; every later one is a single call.
        oneChange: { added: { reads: 1, writes: 1 }, removed: { reads: 0, writes: 1 } },
        bytesMax: 6_000,
        sizes: [10, 1_000, 10_000],
        renames: true,
      },
      objects: {
        oneChange: { added: { reads: 1, writes: 1 }, removed: { reads: 1, writes: 1 } },
        // PUT replaces a group, so its bytes grow with it: 45 for an address, six times.
        bytesMax: 400_000,
        sizes: [10, 1_000],
        renames: true,
      },
    },
    credential: simulator.secret,
    createForeign: (channel, name) =>
      void seed(simulator, { channel, name }, { description: 'made by a person', addresses: ['192.0.2.9'] }),
    putMember: (channel, name, address) => putMember(simulator, { channel, name }, address),
    rename: (channel, name, to) => {
      const table = tableOf(simulator, channel);
      const row = rowOf(table, name);
      table.put({ ...row, name: to, fields: { ...row.fields, name: to } });
    },
    useInRule: (channel, name) => useInRule(simulator, channel, rowOf(tableOf(simulator, channel), name)),
    memberObject: (channel) => (channel === 'objects' ? memberObjects(simulator) : undefined),
    enforced: (channel, name) => enforcedAddresses(simulator.manager, channel, name),
    seen: () =>
      countRequests(simulator.requests.list(), {
        isRead: ({ method }) => method === 'GET',
        isLogin: ({ pattern }) => isLogin({ path: pattern }),
      }),
    fill: (channel, name, { addresses, commentFor }) =>
      void seed(simulator, { channel, name }, { description: commentFor(name), addresses }),
    endSession: () => simulator.world.gate.expire(true),
    lockByPerson: () => lockByPerson(simulator),
    standBy: () => {
      simulator.manager.settings.role = 'standby';
      return settings;
    },
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { method: 'POST|PUT|DELETE', path: 'object' },
      reads: { method: 'GET' },
      fill: () => Object.assign(simulator.manager.settings.limits, { mappings: 1, literals: 1 }),
    }),
    lag: () => void simulator.faults.add({ kind: 'stale' }),
    becomeAnother: () => void (simulator.manager.settings.serial = 'FMC0SIMULATOR2'),
    calm: () => {
      simulator.faults.remove();
      simulator.manager.settings.role = 'standalone';
      Object.assign(simulator.manager.settings.limits, { mappings: Infinity, literals: Infinity });
    },
    stop: async () => await simulator.stop(),
  };
}

/** Somebody saves in the manager, which does not say who. */
function lockByPerson({ faults }: FmcSimulator): PersonsLock {
  const added = faults.add({ kind: 'locked' });
  return {
    isHeld: () => added.every(({ id }) => faults.list().some((fault) => fault.id === id)),
    release: () => {
      for (const { id } of added) faults.remove(id);
    },
  };
}

interface Place {
  channel: string;
  name: string;
}

function tableOf({ manager }: FmcSimulator, channel: string): Table {
  return manager.global.table(channel === 'dynamic' ? 'object/dynamicobjects' : 'object/networkgroups');
}

function rowOf(table: Table, name: string): Row {
  const row = table.named(name);
  if (!row) throw new Error(`there is no ${name}`);
  return row;
}

/** Makes an object as the manager would keep it. */
export function seed(
  simulator: FmcSimulator,
  { channel, name }: Place,
  { description, addresses }: { description: string; addresses: readonly string[] },
): Row {
  const { manager } = simulator;
  const dynamic = channel === 'dynamic';
  const literals = addresses.map((value) => ({ type: 'Host', value }));
  const type = dynamic
    ? { type: 'DynamicObject', objectType: 'IP' }
    : { type: 'NetworkGroup', overridable: false, literals };
  const id = manager.newId();
  const fields = { name, description, ...type };
  const row = { id, name, fields, user: 'somebody', timestamp: Date.now(), system: false };
  tableOf(simulator, channel).put(row);
  if (dynamic) manager.global.mappings.set(id, new Set(addresses));
  return row;
}

function putMember(simulator: FmcSimulator, { channel, name }: Place, address: string): void {
  const table = tableOf(simulator, channel);
  const row = rowOf(table, name);
  if (channel === 'dynamic') {
    simulator.manager.global.mappings.get(row.id)?.add(address);
    return;
  }
  const { literals } = row.fields;
  const list = Array.isArray(literals) ? literals : [];
  table.put({ ...row, fields: { ...row.fields, literals: [...list, { type: 'Host', value: address }] } });
}

/** Members are literals; what a person may have is a host, which shares its names with groups. */
function memberObjects({ manager }: FmcSimulator): MemberObjects {
  const { global } = manager;
  const put = (path: string, name: string, fields: Row['fields']): string => {
    const id = manager.newId();
    const made = { id, name, user: 'somebody', timestamp: 0, system: false };
    global.table(path).put({ ...made, fields: { name, ...fields } });
    return id;
  };
  return {
    nameOf: ({ object }) => object,
    makeByPerson: (name, value) => {
      const id = put('object/hosts', name, { type: 'Host', value, description: 'made by a person' });
      const objects = [{ id, name, type: 'Host' }];
      const group = put('object/networkgroups', `group of ${name}`, { type: 'NetworkGroup', objects });
      return () =>
        structuredClone([
          global.table('object/hosts').get(id),
          global.table('object/networkgroups').get(group),
        ]);
    },
  };
}

function useInRule({ manager }: FmcSimulator, channel: string, { id, name }: Row): string {
  const { global } = manager;
  const policies = global.table('policy/accesspolicies');
  const made = { user: 'somebody', timestamp: Date.now(), system: false };
  const policy = policies.named('edge') ?? {
    ...made,
    id: manager.newId(),
    name: 'edge',
    fields: { name: 'edge', type: 'AccessPolicy' },
  };
  policies.put(policy);
  const rule = `allow ${name}`;
  const [list, type] =
    channel === 'dynamic' ? ['sourceDynamicObjects', 'DynamicObject'] : ['sourceNetworks', 'NetworkGroup'];
  const fields = {
    name: rule,
    type: 'AccessRule',
    action: 'ALLOW',
    [list]: { objects: [{ id, name, type }] },
  };
  const rules = global.rules.get(policy.id) ?? [];
  global.rules.set(policy.id, [...rules, { ...made, id: manager.newId(), name: rule, fields }]);
  return rule;
}
