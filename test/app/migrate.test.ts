import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { enforcedAddresses } from '../../lib/firewalls/fortigate/simulator/enforced.ts';
import { seedDevice } from '../../lib/firewalls/fortigate/simulator/seed.ts';
import { addressObject } from '../../lib/firewalls/fortigate/translate.ts';
import type { Groups } from '../../lib/sandbox/configuration.ts';
import { OperatorWorld } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const former = 'Managed by Tigera Calico Enterprise';
const object = 'default.storefront';
const dump = [
  {
    kind: 'ConfigMap',
    metadata: { name: 'tigera-firewall-controller', namespace: 'tigera-firewall-controller' },
    data: {
      'tigera.firewall.policy.selector': "projectcalico.org/tier == 'default'",
      'tigera.firewall.addressSelection': 'pod',
      'tigera.firewall.fortigate':
        '[{ name: edge, ip: 127.0.0.1, apikey: { secretKeyRef: { name: s, key: k } } }]',
    },
    apiVersion: 'v1',
  },
  {
    kind: 'GlobalNetworkPolicy',
    metadata: { name: object },
    spec: { selector: "app == 'storefront'", namespaceSelector: "projectcalico.org/name == 'shop'" },
    apiVersion: 'projectcalico.org/v3',
  },
];

/** A FortiGate with the group that the former controller left, and a rule that uses it. */
async function left(addresses: readonly string[]): Promise<OperatorWorld> {
  const world = await OperatorWorld.start({});
  onTestFinished(() => world.stop());
  world.storeToken();
  const names = addresses.map((address) => `calico-${address}`);
  const rows = addresses.map((address, index) => ({
    name: names[index],
    ...addressObject(address).fields,
    comment: former,
  }));
  const group = { name: object, comment: former, member: names.map((name) => ({ name })) };
  seedDevice(world.simulator.device, { rows: { 'firewall/address': rows, 'firewall/addrgrp': [group] } });
  world.simulator.device
    .vdom('root')
    .table('firewall/policy')
    ?.create({ srcaddr: [{ name: object }] });
  return world;
}

async function imported(world: OperatorWorld): Promise<Groups> {
  await writeFile(path.join(world.folder, 'dump.yaml'), dump.map((one) => stringify(one)).join('---\n'));
  const file = ['--config', 'imported.yaml'];
  const { code } = await world.run([
    'import',
    'tigera',
    '--from',
    'dump.yaml',
    '--part',
    '--cluster',
    'shop',
    ...file,
  ]);
  expect(code).toBe(0);
  const text = await readFile(path.join(world.folder, 'imported.yaml'), 'utf8');
  return (parse(text) as { groups: Groups }).groups;
}

/** What a person edits in each target between two steps of the runbook. */
function edited(groups: Groups, change: Record<string, unknown>, dropped?: string): Groups {
  const targets = (group: Record<string, unknown>) =>
    (group['publish'] as Record<string, unknown>[]).map((target) => {
      const all = Object.entries({ ...target, ...change });
      return Object.fromEntries(all.filter(([name]) => name !== dropped));
    });
  return Object.fromEntries(
    Object.entries(groups).map(([name, group]) => [name, { ...group, publish: targets(group) }]),
  );
}

test('the steps of the runbook: observe, compare, take over, take out; the rule never misses an address', async () => {
  const world = await left(['10.20.0.1', '10.20.0.9']);
  // Ours and the former tool's object may stand for the same address.
  const enforced = () => [...new Set(enforcedAddresses(world.simulator.device, 'objects', object))].sort();
  const comment = () => {
    const row = world.simulator.device.vdom('root').table('firewall/addrgrp')?.rows.get(object);
    return row?.values.get('comment');
  };
  // After every single write: no rule may miss an address that it matched and that is wanted.
  const gaps: string[][] = [];
  const table = world.simulator.device.vdom('root').table('firewall/addrgrp');
  if (!table) throw new Error('no groups');
  for (const method of ['update', 'addLink', 'removeLink'] as const) {
    const write = (table[method] as (...all: unknown[]) => unknown).bind(table);
    Object.assign(table, {
      [method]: (...all: unknown[]) => {
        const result = write(...all);
        if (!enforced().includes('10.20.0.1')) gaps.push(enforced());
        return result;
      },
    });
  }
  const groups = await imported(world);
  await world.write(groups);
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  const labels = { app: 'storefront' };
  await world.tell(pod('a', '10.20.0.1', labels), pod('b', '10.20.0.2', labels));

  const observing = await world.run(['plan']);
  expect(observing.stdout).toContain('has 1 of the wanted addresses, lacks 1, and has 1 others');
  expect(observing.stdout).toMatch(/10\.20\.0\.2 is new to the rules/);
  expect(observing.stdout).toMatch(/10\.20\.0\.9 is matched now and is not wanted/);
  expect([enforced(), comment()]).toEqual([['10.20.0.1', '10.20.0.9'], former]);

  const taking = edited(groups, { mode: 'sync' });
  await world.write(taking);
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  expect(enforced()).toEqual(['10.20.0.1', '10.20.0.2', '10.20.0.9']);
  expect(comment()).toMatch(/^zonebridge:mark:/);

  await world.write(edited(taking, { onForeignAdd: 'remove' }, 'adopt'));
  const last = await world.run(['plan']);
  expect(last.stdout).toContain('object:calico-10.20.0.9 was added by somebody else');
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  expect((await world.run(['reconcile', 'edge'])).code).toBe(0);
  expect(enforced()).toEqual(['10.20.0.1', '10.20.0.2']);
  expect(gaps).toEqual([]);
  const names = world.simulator.device.vdom('root').table('firewall/address')?.rows;
  expect(names?.has('calico-10.20.0.9')).toBe(true);
});
