import { createServer } from 'node:net';
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
import { firewallModule } from '../../../lib/firewalls/registry.ts';
import { makeServerCertificate } from '../../../lib/simulators/certificates.ts';
import type { Rig, Trouble } from './rig.ts';

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
  const module = firewallModule(ciscoFmc.kind);
  if (!module) throw new Error('the registry does not list this vendor');
  return {
    simulator,
    module,
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
    settings,
    credential: simulator.secret,
    unreachable: async () => ({ ...settings, port: await closedPort() }),
    untrusted: async () => ({ ...settings, ca: (await makeServerCertificate('FMC simulator')).ca }),
    missingScope: () => ({ ...settings, domain: 'Global/nowhere' }),
    createForeign: (channel, name) =>
      void seed(simulator, { channel, name }, { description: 'made by a person', addresses: ['192.0.2.9'] }),
    putMember: (channel, name, address) => putMember(simulator, { channel, name }, address),
    rename: (channel, name, to) => {
      const table = tableOf(simulator, channel);
      const row = rowOf(table, name);
      table.put({ ...row, name: to, fields: { ...row.fields, name: to } });
    },
    useInRule: (channel, name) => useInRule(simulator, channel, rowOf(tableOf(simulator, channel), name)),
    enforced: (channel, name) => enforcedAddresses(simulator.manager, channel, name),
    seen: () => {
      let [reads, writes] = [0, 0];
      for (const { method, pattern, count } of simulator.requests.list()) {
        if (isLogin({ path: pattern })) continue;
        if (method === 'GET') reads += count;
        else writes += count;
      }
      return { reads, writes };
    },
    fill: (channel, name, { addresses, commentFor }) =>
      void seed(simulator, { channel, name }, { description: commentFor(name), addresses }),
    ownTroubles: {
      'locked by a person': () => void simulator.faults.add({ kind: 'locked' }),
      'credentials expired': () => simulator.world.gate.expire(true),
      standby: () => void (simulator.manager.settings.role = 'standby'),
    },
    trouble: (kind) => makeTrouble(simulator, kind),
    calm: () => {
      simulator.faults.remove();
      simulator.manager.settings.role = 'standalone';
      Object.assign(simulator.manager.settings.limits, { mappings: Infinity, literals: Infinity });
    },
    stop: async () => await simulator.stop(),
  };
}

function makeTrouble(simulator: FmcSimulator, kind: Trouble): void {
  switch (kind) {
    case 'reply lost':
      simulator.faults.add({
        kind: 'drop-after-commit',
        method: 'POST|PUT|DELETE',
        path: 'object',
        times: 1,
      });
      break;
    case 'read cut':
      simulator.faults.add({ kind: 'drop', method: 'GET', times: 1 });
      break;
    case 'unauthorized':
      simulator.faults.add({ kind });
      break;
    case 'forbidden':
      simulator.faults.add({ kind, path: 'fmc_config' });
      break;
    case 'throttled':
      simulator.faults.add({ kind: 'throttle' });
      break;
    case 'page':
      simulator.faults.add({ kind: 'login-page' });
      break;
    case 'full':
      Object.assign(simulator.manager.settings.limits, { mappings: 1, literals: 1 });
      break;
  }
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

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}
