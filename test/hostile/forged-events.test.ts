import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clusterSource, schemaVersion } from '../../lib/core/model/messages.ts';
import { group, pod, World } from '../support/world.ts';
import { hostileTexts } from './corpus.ts';

const web = { app: 'web' };
const own = { account: '111122223333', region: 'eu-central-1', name: 'one' };
const hour = 3_600_000;

/** A world in which cluster `one` has one pod on the firewall. */
async function start(): Promise<World> {
  const world = await World.start([group('web')]);
  await world.upsert(pod('a', '10.1.0.1', web));
  return world;
}

function event(world: World, more: { source?: unknown; type?: unknown; detail?: unknown } = {}): string {
  const changes = [world.upsertChange(pod('b', '10.1.0.2', web)), world.removeChange('a')];
  return JSON.stringify({
    source: more.source ?? clusterSource(own),
    'detail-type': more.type ?? 'endpoints',
    detail: more.detail ?? { schema: schemaVersion, sentAt: world.clock.now(), epoch: 1, changes },
  });
}

/** Everything set aside, by code. */
function refused(world: World): unknown[] {
  return world.telemetry.lines
    .filter(({ message }) => message === 'record set aside')
    .map(({ fields }) => fields['code']);
}

async function changesNothing(world: World, body: string): Promise<unknown[]> {
  const before = world.telemetry.lines.length;
  await world.ingest(body);
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1']);
  expect(world.telemetry.lines.slice(before).filter(({ message }) => message === 'run failed')).toEqual([]);
  return refused(world);
}

describe('a forged event is set aside and changes nothing', () => {
  test.each([
    ['another cluster of the account', clusterSource({ ...own, name: 'three' })],
    ['another account', clusterSource({ ...own, account: '999999999999' })],
    ['another region', clusterSource({ ...own, region: 'us-east-1' })],
    ['a cluster name with the separator of ids', 'zonebridge.cluster.111122223333.eu-central-1.one|x'],
    ['a name with a dot', 'zonebridge.cluster.111122223333.eu-central-1.one.x'],
    ['another program', 'aws.ec2'],
    ['something longer in front', `x${clusterSource(own)}`],
    ['a line break at the end', `${clusterSource(own)}\n`],
    ['another case', clusterSource(own).toUpperCase()],
    ['nothing', ''],
    ['a number', 7],
    ['a list', [clusterSource(own)]],
    ['an object that prints as the source', { toString: clusterSource(own) }],
  ])('from %s', async (_, source) => {
    const world = await start();
    const [code] = await changesNothing(world, event(world, { source }));
    expect(code).toMatch(/^record\/(wrong-cluster|invalid)$/);
  });

  test.each([
    ['an unknown kind', 'delete-everything'],
    ['a kind of every object', 'constructor'],
    ['a walk', 'walk'],
    ['nothing', ''],
    ['a list', ['endpoints']],
  ])('of %s', async (_, type) => {
    const world = await start();
    expect(await changesNothing(world, event(world, { type }))).toEqual(['record/invalid']);
  });

  test.each(
    Object.entries({
      'no detail': null,
      'a text': 'x',
      'a list': [],
      'no changes': { schema: 1, sentAt: 1, epoch: 1 },
      'numbers as texts': { schema: '1', sentAt: '1', epoch: '1', changes: [] },
      'a later schema': { schema: 2, sentAt: Date.UTC(2026, 0, 1), epoch: 1, changes: [] },
      'an epoch that is no number of ours': {
        schema: 1,
        sentAt: Date.UTC(2026, 0, 1),
        epoch: 1.5,
        changes: [],
      },
      'a huge epoch': { schema: 1, sentAt: Date.UTC(2026, 0, 1), epoch: 2 ** 60, changes: [] },
      'the epoch zero': { schema: 1, sentAt: Date.UTC(2026, 0, 1), epoch: 0, changes: [] },
      'an unknown field': { schema: 1, sentAt: Date.UTC(2026, 0, 1), epoch: 1, changes: [], cluster: 'two' },
    }),
  )('with %s', async (_, detail) => {
    const world = await start();
    const codes = await changesNothing(
      world,
      event(world, { detail: detail ?? undefined }).replace(/,"detail":\{.*$/, detail === null ? '}' : '$&'),
    );
    expect(codes).toHaveLength(1);
    expect(codes[0]).toMatch(/^record\//);
  });

  test.each([
    ['half a day and more old', -13 * hour],
    ['as old as the clock', -Date.UTC(2026, 0, 1)],
  ])('%s', async (_, offset) => {
    const world = await start();
    const detail = { schema: 1, sentAt: world.clock.now() + offset, epoch: 1, changes: [] };
    expect(await changesNothing(world, event(world, { detail }))).toEqual(['record/too-old']);
  });

  test.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['an infinite number', '{"source":1e999,"detail-type":"endpoints","detail":{}}'],
    ['half a megabyte of brackets', '['.repeat(500_000)],
    ['deep lists', `{"source":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]).toString('utf8')],
    ['a message of another queue', '{"writer":"paper:x"}'],
    ['a walk with more', '{"type":"walk","cluster":"x","from":0,"to":1,"generation":1,"pass":1,"more":1}'],
  ])('that is %s', async (_, body) => {
    const world = await start();
    expect(await changesNothing(world, body)).toEqual(['record/invalid']);
  });

  test('a key that is given twice counts once, as the last says, and is checked as such', async () => {
    const world = await start();
    const body = event(world).replace('{"source":', '{"source":"zonebridge.cluster.1","source":');
    expect(await changesNothing(world, body.replace(clusterSource(own), 'aws.ec2'))).toEqual([
      'record/wrong-cluster',
    ]);
  });

  test('a prototype in the record is no field of it', async () => {
    const world = await start();
    const detail = JSON.parse(
      `{"schema":1,"sentAt":${world.clock.now()},"epoch":1,"changes":[],"__proto__":{"epoch":1,"polluted":true}}`,
    ) as unknown;
    await world.ingest(event(world, { detail }));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});

test('256 KB of records that cannot be used leave the one good record among them', async () => {
  const world = await start();
  const bad = Array.from({ length: 900 }, (_, i) => ({ sequence: i + 100, junk: 'x'.repeat(250) }));
  await world.send(...bad, world.upsertChange(pod('b', '10.1.0.2', web)));
  await world.settle();
  expect(world.on('web')).toEqual(['10.1.0.1', '10.1.0.2']);
  expect(refused(world)).toHaveLength(900);
});

test('a greeting from the future does not lock out the agents that come after it', async () => {
  const world = await start();
  await world.event('hello', { process: 'from-the-future', agentVersion: '1', sentAt: Date.UTC(3000, 0, 1) });
  await world.clock.sleep(1000);
  await world.event('hello', { process: 'of-today', agentVersion: '1' });
  await world.settle();
  expect(world.told.at(-1)).toMatchObject({ type: 'epoch', process: 'of-today', epoch: 3 });
});

test('labels, names and namespaces of all kinds are data: one endpoint each', async () => {
  const world = await World.start([group('web', { select: "has(app) && app == 'web'" })]);
  for (const [index, text] of hostileTexts.entries()) {
    const record = pod(`uid-${index}`, `10.1.1.${index}`, {
      app: 'web',
      [text.slice(0, 317)]: text.slice(0, 63),
    });
    await world.upsert({
      ...record,
      name: text.slice(0, 253),
      namespace: text.slice(0, 253) || 'x',
      uid: `${index}${text}`.slice(0, 128),
    });
  }
  const whole = hostileTexts.flatMap((text, index) => (text.isWellFormed() ? [`10.1.1.${index}`] : []));
  expect(world.on('web')).toEqual(whole.sort());
  // Half a character cannot be stored; such a record is set aside alone.
  expect(refused(world)).toEqual(['record/invalid', 'record/invalid']);
  const rows = world.tables.all('endpoints').map(({ key }) => `${key.pk} ${key.sk}`);
  expect(new Set(rows).size).toBe(whole.length);
});

test('uids that hold our separators are different endpoints, and removing one leaves the other', async () => {
  const world = await World.start([group('web')]);
  const uids = ['a', 'a|b', 'a|', '|a', 'pod|a', 'a#b', 'a b'];
  for (const [index, uid] of uids.entries()) await world.upsert(pod(uid, `10.1.0.${index + 1}`, web));
  expect(world.on('web')).toHaveLength(uids.length);
  await world.remove('a');
  expect(world.on('web')).toEqual(uids.slice(1).map((_, index) => `10.1.0.${index + 2}`));
});

describe('fuzz', () => {
  const text = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary', maxLength: 40 }));
  const junk = fc.oneof(
    text,
    fc.double(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.jsonValue({ maxDepth: 3 }),
  );

  /** Puts something else at a place of a value, or a further field beside it. */
  function spoil(value: unknown, steps: readonly number[], junkValue: unknown): unknown {
    if (typeof value !== 'object' || value === null || steps.length === 0) return junkValue;
    const keys = Object.keys(value);
    const [step = 0, ...rest] = steps;
    const key = keys[step % (keys.length + 1)] ?? '__proto__';
    const inner = (value as Record<string, unknown>)[key];
    if (Array.isArray(value))
      return value.map((each, index) => (String(index) === key ? spoil(each, rest, junkValue) : each));
    return { ...value, [key]: spoil(inner, rest, junkValue) };
  }

  test('whatever is changed in a good event: no crash, no address outside the ranges, the next event works', async () => {
    const world = await start();
    const kinds = ['endpoints', 'manifest', 'heartbeat', 'hello'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(fc.nat(12), { maxLength: 7 }),
        junk,
        async (kind, steps, value) => {
          const base = { schema: 1, sentAt: world.clock.now(), epoch: world.epoch };
          const details = {
            endpoints: {
              ...base,
              changes: [world.upsertChange(pod('f', '10.1.0.9', web)), world.removeChange('g')],
            },
            manifest: { ...base, manifests: [{ shard: 1, cut: 1, count: 1, entries: [['pod|x', 'hash']] }] },
            heartbeat: { ...base, process: 'agent-process-1', endpoints: 1, pending: 0, sequence: 1 },
            hello: { schema: 1, sentAt: 1, process: 'agent-process-0', agentVersion: '1' },
          };
          const good = { source: clusterSource(own), 'detail-type': kind, detail: details[kind] };
          await world.ingest(JSON.stringify(spoil(good, steps, value)) ?? '');
          await world.settle();
          for (const address of world.on('web')) expect(address).toMatch(/^(10\.|fd)/);
        },
      ),
      { numRuns: 600, seed: 7 },
    );
    await world.hello('agent-process-9');
    await world.settle();
    world.epoch = (world.told.at(-1) as { epoch: number }).epoch;
    await world.upsert(pod('last', '10.1.7.7', web));
    expect(world.on('web')).toContain('10.1.7.7');
  });
});
