import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZonebridgeError } from '../../../lib/core/errors.ts';
import type { DesiredEntry } from '../../../lib/core/way-back/contents.ts';
import { entriesFor } from '../../../lib/core/way-back/contents.ts';
import { generationAnnotation, producerLabel } from '../../../lib/core/way-back/judge.ts';
import {
  emptyClaim,
  LocalSigner,
  MemoryCluster,
  PublishedState,
} from '../../../test/support/memory-cluster.ts';
import { follow } from './follow.ts';

const cluster = '111122223333|eu-central-1|shop';
const namespace = 'zonebridge-status';

function configMap(name: string, value: string, more: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...more }, data: { value } };
}

function world() {
  const objects = new MemoryCluster();
  objects.put(emptyClaim);
  const signer = new LocalSigner();
  const source = new PublishedState();
  const options = {
    source,
    objects,
    verify: signer.verify,
    cluster,
    namespace: 'zonebridge',
    now: () => 0,
    enabled: ['group-status' as const],
  };
  let before: DesiredEntry[] = [];
  const publish = async (generation: number, values: Record<string, string>) => {
    const wanted = Object.entries(values).map(([name, value]) => configMap(name, value));
    before = entriesFor(wanted, before, generation);
    return source.publish(signer, { cluster, generation, entries: { 'group-status': before } });
  };
  const values = () =>
    Object.fromEntries(
      [...objects.stored.values()]
        .filter(({ metadata }) => metadata.namespace === namespace)
        .map(({ metadata, data }) => [metadata.name, (data as { value: string }).value]),
    );
  return { objects, signer, source, options, publish, values };
}

describe('desired state of the hub', () => {
  test('is made, changed and pruned; what is as it should be is not written', async () => {
    const { objects, options, publish, values } = world();
    const first = await follow(options, await publish(1, { a: '1', b: '1' }));
    expect(first).toMatchObject({ settled: true, report: { generation: 1 } });
    expect(first.report.parts[0]?.outcomes).toEqual({ created: 2 });
    const second = await follow(options, await publish(2, { a: '1', c: '1' }));
    expect(second.report.parts[0]?.outcomes).toEqual({ unchanged: 1, created: 1, pruned: 1 });
    expect(values()).toEqual({ a: '1', c: '1' });
    objects.writes.length = 0;
    await follow(options, await publish(3, { a: '1', c: '1' }));
    expect(objects.writes).toEqual(['apply ConfigMap zonebridge/zonebridge-agent-desired']);
  });

  test('is applied in the order of the producers, whatever the order in the manifest', async () => {
    const { objects, signer, source, options } = world();
    const place = { apiVersion: 'zonebridge.dev/v1alpha1', kind: 'AddressGroup' };
    const metadata = { name: 'web', namespace: 'shop' };
    objects.put({ ...place, metadata });
    const uid = objects.stored.get('AddressGroup shop/web')?.metadata.uid ?? '';
    const status = { members: 1 };
    const statuses = entriesFor([{ ...place, metadata: { ...metadata, uid }, status }], [], 1);
    const entries = {
      'address-groups': statuses,
      'group-status': entriesFor([configMap('a', '1')], [], 1),
    };
    objects.writes.length = 0;
    const enabled = ['address-groups', 'group-status'] as const;
    await follow({ ...options, enabled }, await source.publish(signer, { cluster, generation: 1, entries }));
    expect(objects.writes.filter((one) => one.startsWith('apply')).slice(1)).toEqual([
      `apply ConfigMap ${namespace}/a`,
      'apply AddressGroup shop/web',
    ]);
  });

  test('takes back what somebody changed, and leaves alone what is not ours', async () => {
    const { objects, options, publish, values } = world();
    objects.put(configMap('theirs', 'x'));
    const text = await publish(1, { a: '1', theirs: '1' });
    const { report, settled } = await follow(options, text);
    expect(settled).toBe(false);
    expect(report.parts[0]?.objects[0]).toMatchObject({
      object: `ConfigMap ${namespace}/theirs`,
      outcome: 'foreign',
    });
    const labels = { [producerLabel]: 'group-status' };
    objects.put(configMap('a', 'by hand', { labels, annotations: { [generationAnnotation]: '1' } }));
    await follow(options, text);
    expect(values()).toEqual({ a: '1', theirs: 'x' });
    await follow(options, await publish(2, {}));
    expect(values()).toEqual({ theirs: 'x' });
  });

  test('shows an object of ours whose generation somebody raised to keep what he made of it', async () => {
    const { objects, options, publish, values } = world();
    const text = await publish(1, { a: '1' });
    const labels = { [producerLabel]: 'group-status' };
    for (const generation of ['999', 'not a number']) {
      objects.put(configMap('a', 'by hand', { labels, annotations: { [generationAnnotation]: generation } }));
      const { report, settled } = await follow(options, text);
      expect(settled).toBe(false);
      expect(report.parts[0]?.objects).toMatchObject([
        { object: `ConfigMap ${namespace}/a`, outcome: 'newer' },
      ]);
      expect(values()).toEqual({ a: 'by hand' });
    }
    objects.stored.delete(`ConfigMap ${namespace}/a`);
    await follow(options, text);
    expect(values()).toEqual({ a: '1' });
  });

  test('of an agent that stood still does not go over a younger one, whatever it saw before', async () => {
    const { objects, options, publish, values } = world();
    await follow(options, await publish(1, { a: '1', gone: '1' }));
    const late = await publish(2, { a: '2' });
    let stopped = false;
    const younger = async () => {
      stopped = true;
      objects.before = undefined;
      const quick = { ...options };
      await follow(quick, await publish(3, { a: '3', gone: '3' }));
    };
    // The late one has taken its generation and listed; then it stands still while another process does all of the next generation.
    const paused = {
      ...options,
      objects: Object.assign(Object.create(objects) as MemoryCluster, {
        apply: async (...given: Parameters<MemoryCluster['apply']>) => {
          if (!stopped && given[0].metadata.namespace === namespace) await younger();
          return objects.apply(...given);
        },
      }),
    };
    const { report } = await follow(paused, late);
    expect(values()).toEqual({ a: '3', gone: '3' });
    expect(report.parts[0]?.outcomes).toEqual({ conflict: 2 });
  });

  test('of an agent that stood still before it makes something does not go over what was made meanwhile', async () => {
    const { objects, options, publish, values } = world();
    await follow(options, await publish(1, {}));
    const late = await publish(2, { a: '2', theirs: '2' });
    objects.put(configMap('theirs', 'x'));
    const create = objects.create.bind(objects);
    // It stands still with the first object in its hand, after it found that there is none.
    objects.create = async (object) => {
      objects.create = create;
      await follow(options, await publish(3, { a: '3' }));
      return create(object);
    };
    const { report, settled } = await follow(options, late);
    expect(values()).toEqual({ a: '3', theirs: 'x' });
    expect(report.parts[0]?.outcomes).toEqual({ conflict: 1, foreign: 1 });
    expect(settled).toBe(false);
  });

  test('one object that is refused stops no other; an API that does not answer stops all', async () => {
    const { objects, options, publish, values } = world();
    const text = await publish(1, { a: '1', b: '1', c: '1' });
    objects.before = (request, title) => {
      if (request === 'create' && title.endsWith('/b'))
        throw new ZonebridgeError('cluster/refused', 'quota', { fields: { status: 403 } });
    };
    const { report } = await follow(options, text);
    expect(report.parts[0]?.outcomes).toEqual({ created: 2, refused: 1 });
    objects.before = (request) => {
      if (request === 'list') throw new ZonebridgeError('cluster/unreachable', 'no answer');
    };
    await expect(follow(options, await publish(2, {}))).rejects.toMatchObject({
      code: 'cluster/unreachable',
    });
    expect(Object.keys(values())).toEqual(['a', 'c']);
  });
});

describe('what changes nothing', () => {
  const base = async () => {
    const made = world();
    await follow(made.options, await made.publish(5, { a: '1', b: '1' }));
    made.objects.writes.length = 0;
    return made;
  };
  const contents = (generation: number) => `group-status v${generation}`;

  test.each<[string, string, (made: ReturnType<typeof world>) => Promise<string>]>([
    ['an older generation', 'desired/older-generation', ({ publish }) => publish(4, { a: '2' })],
    [
      'the signature of somebody else',
      'desired/wrong-signature',
      ({ source }) =>
        source.publish(new LocalSigner(), { cluster, generation: 6, entries: { 'group-status': [] } }),
    ],
    [
      'a manifest of another cluster',
      'desired/wrong-cluster',
      ({ source, signer }) =>
        source.publish(signer, { cluster: `${cluster}-2`, generation: 6, entries: { 'group-status': [] } }),
    ],
    ['no manifest at all', 'desired/invalid', async () => '{}'],
    [
      'a manifest without the object that remembers the generation',
      'desired/missing',
      async ({ objects, publish }) => {
        objects.stored.delete('ConfigMap zonebridge/zonebridge-agent-desired');
        return publish(6, {});
      },
    ],
  ])('%s', async (_, code, send) => {
    const made = await base();
    const { report, settled } = await follow(made.options, await send(made));
    expect(report.refused?.code).toBe(code);
    expect(settled).toBe(false);
    expect(made.objects.writes).toEqual([]);
    expect(made.values()).toEqual({ a: '1', b: '1' });
  });

  test.each<[string, string, (made: ReturnType<typeof world>) => Promise<string>]>([
    [
      'contents that are not there',
      'desired/missing',
      async ({ source, publish }) => {
        const text = await publish(6, {});
        source.versions.clear();
        return text;
      },
    ],
    [
      'contents that are not those of the manifest',
      'desired/invalid',
      async ({ source, publish }) => {
        const older = source.versions.get(contents(5)) ?? '';
        const text = await publish(6, {});
        source.versions.set(contents(6), older);
        return text;
      },
    ],
    [
      'signed contents with a kind that the producer may not write',
      'desired/invalid',
      async ({ source, signer }) => {
        const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x', namespace } };
        return source.publish(signer, {
          cluster,
          generation: 6,
          entries: { 'group-status': [{ since: 6, object }] },
        });
      },
    ],
    [
      'signed contents for a namespace that the producer may not write',
      'desired/invalid',
      async ({ source, signer }) => {
        const object = {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'x', namespace: 'kube-system' },
        };
        return source.publish(signer, {
          cluster,
          generation: 6,
          entries: { 'group-status': [{ since: 6, object }] },
        });
      },
    ],
    [
      'a name that would leave its place in a path',
      'desired/invalid',
      async ({ source, signer }) => {
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '../x', namespace } };
        return source.publish(signer, {
          cluster,
          generation: 6,
          entries: { 'group-status': [{ since: 6, object }] },
        });
      },
    ],
  ])('of its producer: %s', async (_, code, send) => {
    const made = await base();
    const { report } = await follow(made.options, await send(made));
    expect(report.parts[0]?.refused?.code).toBe(code);
    expect(made.values()).toEqual({ a: '1', b: '1' });
  });

  test('a producer that the cluster does not admit, or that the manifest does not name any more', async () => {
    const made = await base();
    const closed = { ...made.options, enabled: [] };
    const { report } = await follow(closed, await made.publish(6, {}));
    expect(report.parts[0]?.refused?.message).toContain('not enabled');
    const without = await made.source.publish(made.signer, { cluster, generation: 7, entries: {} });
    expect((await follow(made.options, without)).settled).toBe(true);
    expect(made.values()).toEqual({ a: '1', b: '1' });
  });

  test('any manifest or contents with something changed, cut off or taken from before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          at: fc.nat(),
          what: fc.constantFrom('flip', 'cut', 'drop', 'repeat'),
          where: fc.boolean(),
        }),
        async ({ at, what, where }) => {
          const made = await base();
          let text = await made.publish(6, { a: 'changed' });
          const key = contents(6);
          const whole = where ? text : (made.source.versions.get(key) ?? '');
          const place = at % whole.length;
          const broken = {
            flip: `${whole.slice(0, place)}${whole[place] === 'x' ? 'y' : 'x'}${whole.slice(place + 1)}`,
            cut: whole.slice(0, place),
            drop: whole.slice(0, place) + whole.slice(place + 1),
            repeat: whole.slice(0, place) + whole.slice(0, place),
          }[what];
          if (where) text = broken;
          else made.source.versions.set(key, broken);
          const { settled } = await follow(made.options, text);
          // A base64 signature has bits that mean nothing; only then it is the same manifest still.
          if (settled) expect(made.values()).toEqual({ a: 'changed' });
          else expect(made.values()).toEqual({ a: '1', b: '1' });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('in whatever order, and however often, generations arrive, the last that was taken stays', async () => {
    const order = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(order, async (arrivals) => {
        const made = world();
        const texts: string[] = [];
        for (let generation = 1; generation <= 6; generation++)
          texts.push(await made.publish(generation, { a: String(generation), [`own-${generation}`]: '1' }));
        for (const index of arrivals) await follow(made.options, texts[index] ?? '');
        const last = Math.max(...arrivals) + 1;
        expect(made.values()).toEqual({ a: String(last), [`own-${last}`]: '1' });
      }),
      { numRuns: 100 },
    );
  });
});

test('an API that answers 409 to everything is not asked for ever', async () => {
  const { objects, options, publish } = world();
  let writes = 0;
  objects.before = (request) => {
    if (request !== 'apply') return;
    writes += 1;
    // Without a limit this would go on; the test shall end then, too.
    if (writes > 50) throw new Error('asked for ever');
    throw new ZonebridgeError('cluster/refused', '409', { fields: { status: 409 } });
  };
  const { report, settled } = await follow(options, await publish(1, { a: '1' }));
  expect([settled, report.refused?.code]).toEqual([false, 'cluster/refused']);
});
