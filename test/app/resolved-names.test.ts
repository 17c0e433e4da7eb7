import { beforeEach, describe, expect, test } from 'vitest';
import { resolveNames } from '../../lib/app/balancers/resolve-names.ts';
import { explain } from '../../lib/app/commands/explain-group.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { listNamed } from '../../lib/app/state/named.ts';
import type { Compute, NetworkInterface } from '../../lib/core/compute.ts';
import { contentHash } from '../../lib/core/model/content-hash.ts';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { shardOf } from '../../lib/core/model/endpoint.ts';
import { group, World } from '../support/world.ts';

const nlb = 'web-0123456789abcdef.elb.eu-central-1.amazonaws.com';
const alb = 'internal-shop-123.eu-central-1.elb.amazonaws.com';
const clusterOne = '111122223333|eu-central-1|one';

function service(uid: string, ...hostNames: string[]): EndpointRecord {
  return {
    kind: 'service',
    uid,
    name: uid,
    namespace: 'shop',
    labels: { app: 'web' },
    addresses: [],
    hostNames,
    hostNetwork: false,
  };
}

let world: World;
let interfaces: NetworkInterface[];
let fault: ZonebridgeError | undefined;
let asked: number;

const compute: Compute = {
  instances: async () => [],
  instance: async () => undefined,
  interfaces: async (wanted) => {
    asked += 1;
    if (fault) throw fault;
    return interfaces.filter(({ description }) =>
      'is' in wanted ? description === wanted.is : description.startsWith(wanted.begins),
    );
  },
};
const eni = (description: string, ...addresses: string[]) => ({
  description,
  status: 'in-use',
  managed: true,
  addresses,
  publicAddresses: [] as string[],
});
const network = (...addresses: string[]) => eni('ELB net/web/0123456789abcdef', ...addresses);

async function round(): Promise<void> {
  await resolveNames(world, () => compute);
  await world.settle();
}

/** The agent says that its shard holds this alone. */
async function verified(record: EndpointRecord): Promise<void> {
  const id = `service|${record.uid}`;
  const manifest = {
    shard: shardOf(id),
    cut: world.sequence,
    count: 1,
    entries: [[id, contentHash(record)]],
  };
  await world.event('manifest', { epoch: world.epoch, services: true, manifests: [manifest] });
  await world.settle();
}

beforeEach(async () => {
  world = new World([group('web', { addresses: 'service' })]);
  const { one } = world.configuration.clusters;
  world.configuration.clusters['one'] = { ...one!, resolveNames: true };
  await world.activate();
  await world.hello('agent-process-1');
  [interfaces, fault, asked] = [[], undefined, 0];
});

describe('host names of load balancers', () => {
  test('become the addresses of their interfaces, and follow them', async () => {
    interfaces = [network('10.2.0.1'), network('10.2.0.2', 'FD00::5'), eni('ELB net/web/ffff', '10.9.9.9')];
    await world.upsert(service('a', nlb));
    expect(world.on('web')).toEqual([]);
    await round();
    expect(world.on('web')).toEqual(['10.2.0.1', '10.2.0.2', 'fd00::5']);
    interfaces = [network('10.2.0.1'), network('10.2.0.7', 'fd00::5')];
    await verified(service('a', nlb));
    await round();
    expect(world.on('web').sort()).toEqual(['10.2.0.1', '10.2.0.7', 'fd00::5']);
  });

  test('are asked for once a round, and nothing is written when nothing changed', async () => {
    interfaces = [eni('ELB app/shop/1a2b', '10.2.0.1')];
    await world.upsert(service('a', alb));
    await world.upsert(service('b', alb));
    await round();
    expect([world.on('web'), asked]).toEqual([['10.2.0.1'], 2]);
    world.tables.resetUsage();
    await round();
    expect(world.tables.usage.writeUnits).toBe(0);
  });

  test('stay as they are when EC2 does not answer, and while the agent tells the service anew', async () => {
    interfaces = [network('10.2.0.1')];
    await world.upsert(service('a', nlb));
    await round();
    fault = new ZonebridgeError('store/unavailable', 'no answer');
    await expect(round()).rejects.toMatchObject({ code: 'store/unavailable' });
    await world.upsert({ ...service('a', nlb), labels: { app: 'web', tier: 'gold' } });
    expect(world.on('web')).toEqual(['10.2.0.1']);
  });

  test('that nobody can resolve are refused with the reason', async () => {
    await world.upsert(service('a', 'shop.example.com', nlb));
    await round();
    expect(world.on('web')).toEqual([]);
    const { endpoints } = await explain(world, 'shop/a');
    const told = JSON.stringify(endpoints);
    expect(told).toContain('not the name of an AWS load balancer');
    expect(told).toContain('no network interface of that load balancer');
    const warning = async () => (await readStatus(world)).unseen.find(({ text }) => text.includes('lacks'));
    expect((await warning())?.text).toMatch(
      /lacks 2 load balancers that are known by name alone: "shop.example.com" \(it is not the name/,
    );
    interfaces = [network('10.2.0.1')];
    await round();
    expect(JSON.stringify((await explain(world, 'shop/a')).endpoints)).not.toContain('no network interface');
    expect((await warning())?.text).toMatch(/lacks a load balancer/);
  });

  test('are answered by interfaces that AWS made alone: anybody may write the same description', async () => {
    interfaces = [network('10.2.0.1'), { ...network('10.2.0.66'), managed: false }];
    await world.upsert(service('a', nlb));
    await round();
    expect(world.on('web')).toEqual(['10.2.0.1']);
  });

  test('that stand for two load balancers are refused', async () => {
    interfaces = [eni('ELB app/shop/1', '10.2.0.1'), eni('ELB shop', '10.2.0.2')];
    await world.upsert(service('a', alb));
    await round();
    expect(world.on('web')).toEqual([]);
  });

  test('publish nothing outside of the ranges, and are forgotten with the service', async () => {
    interfaces = [network('10.2.0.1'), network('203.0.113.9')];
    await world.upsert(service('a', nlb));
    await world.upsert(service('b', alb));
    await round();
    expect(world.on('web')).toEqual(['10.2.0.1']);
    const named = async () => (await listNamed(world.tables, clusterOne)).map(({ id }) => id);
    expect(await named()).toEqual(['service|a', 'service|b']);
    await world.send({
      sequence: ++world.sequence,
      time: world.clock.now(),
      cause: 'watch',
      remove: { kind: 'service', uid: 'b' },
    });
    await round();
    // Somebody may be about to write it.
    expect(await named()).toEqual(['service|a', 'service|b']);
    await world.clock.sleep(61 * 60_000);
    await round();
    expect(await named()).toEqual(['service|a']);
  });

  test('make no difference between agent and hub: the agent knows the name alone', async () => {
    interfaces = [network('10.2.0.1')];
    await world.upsert(service('a', nlb));
    await round();
    await verified(service('a', nlb));
    expect(world.told.filter((message) => (message as { type: string }).type === 'resend')).toEqual([]);
  });

  test('told by an agent as if they were resolved are not believed', async () => {
    const resolved = [{ name: nlb, addresses: ['10.2.0.66'] }];
    await world.upsert({ ...service('a', nlb), resolved });
    expect(world.on('web')).toEqual([]);
  });

  test('become the addresses that the internet sees, where that is asked for; an internal one has none', async () => {
    const { one } = world.configuration.clusters;
    const ranges = [...one!.ranges, '198.51.100.0/24', '2001:db8::/32'];
    world.configuration.clusters['one'] = { ...one!, resolveNames: 'public', ranges };
    await world.activate();
    const outside = {
      ...network('10.2.0.1', '2001:db8::5'),
      publicAddresses: ['198.51.100.7', '203.0.113.9'],
    };
    interfaces = [outside, eni('ELB app/shop/1a2b', '10.2.0.8', '2001:db8::8')];
    await world.upsert(service('a', nlb, alb));
    await round();
    // 203.0.113.9 lies outside of the ranges, and private addresses are not seen from there.
    expect(world.on('web').sort()).toEqual(['198.51.100.7', '2001:db8::5']);
    const told = JSON.stringify((await explain(world, 'shop/a')).endpoints);
    expect(told).toContain('203.0.113.9');
    expect(told).toContain('it has no public address');
  });

  test('leave when the cluster does not say so any more, and do not come back with the setting', async () => {
    interfaces = [network('10.2.0.1')];
    await world.upsert(service('a', nlb));
    await round();
    const had = world.on('web');
    expect(had.length).toBeGreaterThan(0);
    const { resolveNames: wanted, ...without } = world.configuration.clusters['one']!;
    world.configuration.clusters['one'] = without;
    await world.apply([group('web', { addresses: 'service' })]);
    await world.settle();
    expect(world.on('web')).toEqual([]);
    world.configuration.clusters['one'] = { ...without, resolveNames: wanted };
    await world.activate();
    await world.settle();
    expect(world.on('web')).toEqual([]);
    await round();
    expect(world.on('web')).toEqual(had);
  });

  test('are left alone in clusters that do not say so', async () => {
    await world.upsert(service('a', nlb));
    world.configuration.clusters['one'] = {
      ...world.configuration.clusters['one']!,
      resolveNames: undefined,
    };
    await world.activate();
    await round();
    expect(asked).toBe(0);
    const { unseen } = await readStatus(world);
    expect(unseen.some(({ remedy }) => remedy.includes('set `resolveNames: true` in cluster one'))).toBe(
      true,
    );
  });
});
