import { describe, expect, test } from 'vitest';
import { follow } from '../../cluster-agent/lib/way-back/follow.ts';
import { readStatus } from '../../lib/app/commands/status.ts';
import { readDesired } from '../../lib/app/state/desired.ts';
import { publishPart } from '../../lib/app/way-back/publish.ts';
import { publishDesired } from '../../lib/app/way-back/publish-desired.ts';
import { clusterSource, schemaVersion } from '../../lib/core/model/messages.ts';
import { manifestKey } from '../../lib/core/way-back/ports.ts';
import type { Producer } from '../../lib/core/way-back/producers.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { emptyClaim, LocalSigner, MemoryCluster } from '../support/memory-cluster.ts';
import { MemoryDesired } from '../support/memory-desired.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const id = '111122223333|eu-central-1|one';

/** A hub that may write into cluster `one`, and the cluster. */
async function start(groups = [group('web')], writes: Producer[] = ['group-status']) {
  const world = new World(groups);
  world.configuration.clusters['one']!.writes = writes;
  await world.activate();
  await world.hello('agent-process-1');
  world.queues.take();
  const store = new MemoryDesired();
  const signer = new LocalSigner();
  const publishing = { ports: world.ports, store, signer };
  const cluster = new MemoryCluster();
  cluster.put(emptyClaim);
  const publish = async () => publishDesired(publishing, world.configurations);
  const apply = async () => {
    const found = await store.sourceOf('one').manifest(undefined);
    if (typeof found === 'string') throw new Error(found);
    return follow(
      {
        source: store.sourceOf('one'),
        objects: cluster,
        verify: signer.verify,
        cluster: id,
        namespace: 'zonebridge',
        now: () => 0,
        enabled: ['group-status'],
      },
      found.text,
    );
  };
  const firewalls = (name: string) => {
    const data = cluster.stored.get(`ConfigMap zonebridge-status/group-${name}`)?.['data'];
    return (data as { firewalls: string } | undefined)?.firewalls;
  };
  return { world, store, signer, publishing, cluster, publish, apply, firewalls };
}

const wakeUps = (world: World) =>
  world.queues.take('zonebridge-test-agent-one').map(({ body }) => JSON.parse(body) as { type: string });

describe('from the hub into the cluster', () => {
  test('a group says what its firewalls have, and goes when it leaves the configuration', async () => {
    const { world, publish, apply, firewalls } = await start([group('web'), group('db')]);
    await publish();
    expect(wakeUps(world)).toEqual([{ type: 'desired', schema: schemaVersion, generation: 1 }]);
    await apply();
    expect(firewalls('web')).toBe('edge: 0 members, no object yet, sync\n');
    await world.upsert(pod('a', '10.1.0.1', web));
    await publish();
    await apply();
    expect(firewalls('web')).toBe('edge: 1 members, obj-web (list), sync\n');
    delete world.configuration.groups['db'];
    await world.activate();
    await publish();
    const { report } = await apply();
    expect(report.parts[0]?.outcomes).toEqual({ unchanged: 1, pruned: 1 });
    expect(firewalls('db')).toBeUndefined();
  });

  test('nothing changed: nothing is published, signed or said', async () => {
    const { world, store, signer, publish } = await start();
    await publish();
    world.queues.take();
    const objects = store.versions.size;
    signer.before = () => {
      throw new Error('signed again');
    };
    await publish();
    expect(store.versions.size).toBe(objects);
    expect(world.queues.take()).toEqual([]);
  });

  test('a cluster that does not let us write gets nothing; one that does so no more has it taken away', async () => {
    const { world, store, publish, apply, firewalls } = await start();
    await publish();
    await apply();
    expect([...store.latest.keys()].some((key) => key.startsWith('two/'))).toBe(false);
    delete world.configuration.clusters['one']!.writes;
    await world.activate();
    await publish();
    expect((await apply()).report.parts[0]?.outcomes).toEqual({ pruned: 1 });
    expect(firewalls('web')).toBeUndefined();
  });

  test('a key is replaced, and at no time does an agent refuse what lies there', async () => {
    const { world, store, signer, publish, apply } = await start();
    await publish();
    const manifest = () => store.latest.get(manifestKey('one'));
    const first = manifest();
    signer.numbers = [1, 2];
    await publish();
    expect(manifest()).toEqual(first);
    signer.numbers = [2, 1];
    await publish();
    expect(manifest()).not.toEqual(first);
    expect((await apply()).settled).toBe(true);
    signer.numbers = [2];
    expect((await apply()).settled).toBe(true);
    const signed = manifest();
    world.queues.take();
    await publish();
    expect(manifest()).toEqual(signed);
    expect(await readDesired(world.tables, id)).toMatchObject({ generation: 1, published: 1 });
    expect(wakeUps(world)).toEqual([]);
  });

  test('names of groups that are none in Kubernetes get another one', async () => {
    const { publish, apply, cluster } = await start([group('a..b')]);
    await publish();
    expect((await apply()).settled).toBe(true);
    expect([...cluster.stored.keys()].at(-1)).toMatch(/^ConfigMap zonebridge-status\/group-[0-9a-f]{32}$/);
  });

  test('status tells what was published and what became of it', async () => {
    const { world, publish, apply, cluster } = await start();
    await publish();
    cluster.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'group-web', namespace: 'zonebridge-status' },
    });
    const { report } = await apply();
    const detail = {
      schema: schemaVersion,
      epoch: 1,
      sentAt: world.clock.now(),
      version: 1,
      number: 1,
      report,
    };
    const source = clusterSource({ account: '111122223333', region: 'eu-central-1', name: 'one' });
    const event = JSON.stringify({ source, 'detail-type': 'applied', detail });
    await ingestMessage(world.ports, world.configurations, event);
    // Late and repeated.
    const older = { ...detail, number: 0 };
    await ingestMessage(
      world.ports,
      world.configurations,
      event.replace('"number":1', `"number":${older.number}`),
    );
    const status = await readStatus(world);
    expect(status.clusters[0]?.wayBack).toMatchObject({
      generation: 1,
      published: 1,
      applied: 1,
      troubles: [
        { producer: 'group-status', object: 'ConfigMap zonebridge-status/group-web', why: 'foreign' },
      ],
    });
    expect(status.clusters[1]?.wayBack).toBeUndefined();
  });
});

describe('what a crash or another publisher leaves', () => {
  test.each(['put', 'replace'] as const)(
    'a failure before %s is finished by the next minute',
    async (request) => {
      const { world, store, publish, apply, firewalls } = await start();
      store.before = (one) => {
        if (one === request) throw new Error('crash');
      };
      await expect(publish()).rejects.toThrow('crash');
      store.before = undefined;
      await publish();
      expect(wakeUps(world).map(({ type }) => type)).toEqual(['desired']);
      await apply();
      expect(firewalls('web')).toBeDefined();
      expect(await readDesired(world.tables, id)).toMatchObject({ generation: 1, published: 1 });
    },
  );

  test('a manifest that somebody deleted is put back by the next round', async () => {
    const { world, store, publish, apply } = await start();
    await publish();
    wakeUps(world);
    store.latest.delete(manifestKey('one'));
    await expect(apply()).rejects.toThrow('absent');
    await publish();
    expect((await apply()).settled).toBe(true);
    expect(wakeUps(world)).toHaveLength(1);
    await publish();
    expect(wakeUps(world)).toEqual([]);
  });

  test('contents that cannot be stored keep no other producer back', async () => {
    const { store, publish, apply } = await start(undefined, ['address-groups', 'group-status']);
    store.before = (request, key) => {
      if (request === 'put' && key.includes('address-groups')) throw new Error('access denied');
    };
    await expect(publish()).rejects.toThrow('access denied');
    expect((await apply()).report.parts.map(({ producer }) => producer)).toEqual(['group-status']);
    store.before = undefined;
    await publish();
    expect((await apply()).report.parts).toHaveLength(2);
  });

  test('a wake-up that could not be sent is no loss: the agent looks by itself', async () => {
    const { world, publish, apply } = await start();
    world.queues.beforeSend = () => {
      throw new Error('no queue');
    };
    await expect(publish()).rejects.toThrow('no queue');
    expect((await apply()).settled).toBe(true);
  });

  test('a publisher that stood still does not put its manifest over a newer one', async () => {
    const { world, store, publishing, publish, apply, firewalls } = await start();
    await publish();
    await world.upsert(pod('a', '10.1.0.1', web));
    let first = true;
    store.before = async (request) => {
      if (request !== 'replace' || !first) return;
      first = false;
      // Meanwhile another one publishes the next generation in full.
      await world.upsert(pod('b', '10.1.0.2', web));
      await publishDesired({ ...publishing }, world.configurations);
    };
    await publish();
    expect(await readDesired(world.tables, id)).toMatchObject({ generation: 3, published: 3 });
    expect((await apply()).report.generation).toBe(3);
    expect(firewalls('web')).toContain('2 members');
  });

  test('two producers of contents at the same time lose neither', async () => {
    const { world, store, publishing } = await start();
    const object = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'zonebridge-status' },
    });
    const to = { key: 'one', id };
    let first = true;
    store.before = async (request) => {
      if (request !== 'put' || !first) return;
      first = false;
      await publishPart(publishing, to, { producer: 'group-status', objects: [object('b')] });
    };
    await publishPart(publishing, to, { producer: 'group-status', objects: [object('a')] });
    const row = await readDesired(world.tables, id);
    expect(row).toMatchObject({ generation: 2 });
    expect(row.parts).toHaveLength(1);
  });

  test('a control table that was put back goes on above what agents have taken', async () => {
    const { world, store, publish, apply, firewalls } = await start();
    const before = structuredClone(await world.tables.read([{ table: 'control', pk: `desired|${id}` }]));
    expect(before).toEqual([undefined]);
    await publish();
    for (let index = 0; index < 3; index++) {
      await world.upsert(pod(`p${index}`, `10.1.0.${index + 1}`, web));
      await publish();
      await apply();
    }
    await world.tables.write({ key: { table: 'control', pk: `desired|${id}` }, delete: true });
    await world.upsert(pod('more', '10.1.0.9', web));
    await publish();
    const { report, settled } = await apply();
    expect(settled).toBe(true);
    expect(report.generation).toBe(5);
    expect(firewalls('web')).toContain('4 members');
    expect(store.latest.has(manifestKey('one'))).toBe(true);
  });

  test('what somebody else put into the bucket is written over, and its parts are never taken over', async () => {
    const { world, store, publish, apply, firewalls } = await start();
    await publish();
    const text = store.latest.get(manifestKey('one')) ?? '';
    store.latest.set(manifestKey('one'), text.replace('"generation\\":1', '"generation\\":9'));
    expect((await apply()).report.refused?.code).toBe('desired/wrong-signature');
    await world.upsert(pod('a', '10.1.0.1', web));
    await publish();
    expect((await apply()).report.generation).toBe(2);
    expect(firewalls('web')).toContain('1 members');
  });
});
