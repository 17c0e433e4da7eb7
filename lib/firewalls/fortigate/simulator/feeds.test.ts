import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFortigateSimulator } from './index.ts';
import type { FortigateSimulator, SimulatorOptions } from './index.ts';
import { testClient } from './test-client.ts';
import type { Answer, TestClient } from './test-client.ts';

const feeds = '/api/v2/cmdb/system/external-resource';
const dynamic = '/api/v2/monitor/system/external-resource/dynamic';
const entryList = '/api/v2/monitor/system/external-resource/entry-list';
let simulator: FortigateSimulator;
let client: TestClient;

async function start(options: SimulatorOptions): Promise<void> {
  simulator = await startFortigateSimulator({ vdoms: ['root', 'lab'], ...options });
  client = testClient(simulator);
  for (const name of ['one', 'two']) {
    await client.call('POST', feeds, { body: { name, type: 'address', 'update-method': 'push' } });
  }
}

beforeEach(async () => start({}));

afterEach(async () => {
  await client.close();
  await simulator.stop();
});

async function restart(options: SimulatorOptions): Promise<void> {
  await client.close();
  await simulator.stop();
  await start(options);
}

async function push(...commands: [string, string, string[]][]): Promise<Answer> {
  const body = { commands: commands.map(([name, command, entries]) => ({ name, command, entries })) };
  return client.call('POST', dynamic, { body });
}

async function list(name: string, query = ''): Promise<Record<string, unknown>> {
  const { json } = await client.call('GET', `${entryList}?mkey=${name}${query}`);
  return json['results'] as Record<string, unknown>;
}

const entriesOf = (listed: Record<string, unknown>) =>
  (listed['entries'] as { entry: string }[]).map(({ entry }) => entry);

describe('a push', () => {
  test('runs several commands for several feeds', async () => {
    await push(['one', 'snapshot', ['10.0.0.1', '10.0.0.2']], ['two', 'add', ['10.0.1.0/24']]);
    await push(
      ['one', 'add', ['10.0.0.3', '10.0.0.2']],
      ['one', 'remove', ['10.0.0.1']],
      ['two', 'snapshot', []],
    );

    expect(entriesOf(await list('one'))).toEqual(['10.0.0.2', '10.0.0.3']);
    expect(await list('two')).toMatchObject({ entries: [], valid_count: 0, overflow: false });
  });

  test('is no configuration: no revision changes, and the commit names only what came and went', async () => {
    const before = (await client.call('GET', feeds)).json['revision'];
    const after = simulator.commits.last;
    await push(['one', 'add', ['10.0.0.1']]);
    await push(['one', 'add', ['10.0.0.1']]);
    await push(['one', 'snapshot', ['10.0.0.2']]);

    expect((await client.call('GET', feeds)).json['revision']).toBe(before);
    expect(simulator.commits.after(after)).toMatchObject([
      { kind: 'feed-add', key: 'one', added: { entries: ['10.0.0.1'] } },
      { kind: 'feed-snapshot', added: { entries: ['10.0.0.2'] }, removed: { entries: ['10.0.0.1'] } },
    ]);
  });

  test('tells per command what it could not do, and does the rest', async () => {
    await client.call('POST', feeds, {
      body: { name: 'pulled', type: 'address', resource: 'https://example.test/' },
    });
    const { status, json } = await push(
      ['nobody', 'add', ['10.0.0.1']],
      ['pulled', 'add', ['10.0.0.1']],
      ['one', 'add', ['10.0.0.1', 'nonsense']],
    );

    expect(status).toBe(200);
    expect(json['results']).toEqual([
      { name: 'nobody', command: 'add', status: 'error', error: 'entry not found' },
      { name: 'pulled', command: 'add', status: 'error', error: 'update-method is not push' },
      { name: 'one', command: 'add', status: 'success', invalidEntries: ['nonsense'] },
    ]);
  });

  test('to an unknown feed can refuse everything', async () => {
    await restart({ behaviour: { unknownFeed: 'whole-request' } });
    const { status, json } = await push(['one', 'add', ['10.0.0.1']], ['nobody', 'add', ['10.0.0.1']]);

    expect([status, json['error']]).toEqual([500, -3]);
    expect(await list('one')).toMatchObject({ valid_count: 0 });
  });

  test.each([
    '{}',
    '{"commands":[]}',
    '{"commands":[{"name":"one","command":"clear"}]}',
    '{"commands":[{"name":"one","command":"add","entries":[1]}]}',
    'no json',
  ])('of %s is refused before anything happens', async (body) => {
    expect((await client.call('POST', dynamic, { body })).status).toBe(424);
  });

  test('does not exist before 7.2.1', async () => {
    await restart({ version: '7.2.0' });
    expect((await push(['one', 'add', ['10.0.0.1']])).status).toBe(404);
  });
});

describe('the entry list', () => {
  test('marks what the device cannot use', async () => {
    const valid = [
      '10.0.0.1',
      '172.16.1.2/24',
      '10.0.0.1-10.0.0.9',
      '2001:db8::/64',
      '2001:db8::1-2001:db8::2',
    ];
    const invalid = [
      '10.0.0.256',
      '10.0.0.1/33',
      '10.0.0.9-10.0.0.1',
      'example.test',
      '10.0.0.1-2001:db8::1',
      '::1/129',
    ];
    await push(['one', 'snapshot', [...valid, ...invalid]]);

    const listed = await list('one');
    expect(listed).toMatchObject({
      valid_count: valid.length,
      invalid_count: invalid.length,
      status: 'success',
    });
    expect(listed['entries']).toEqual([
      ...valid.map((entry) => ({ entry, valid: true })),
      ...invalid.map((entry) => ({ entry, valid: false })),
    ]);
  });

  test('is shown whole, as counts, as status, by page and by entry', async () => {
    await push(['one', 'snapshot', ['10.0.0.1', '10.0.0.2', '10.0.0.3']]);

    expect(entriesOf(await list('one', '&count=0'))).toHaveLength(3);
    expect(entriesOf(await list('one', '&start=1&count=1'))).toEqual(['10.0.0.2']);
    expect(await list('one', '&counts_only=true')).not.toHaveProperty('entries');
    expect(await list('one', '&counts_only=1')).toMatchObject({ valid_count: 3 });
    expect(await list('one', '&status_only=true')).not.toHaveProperty('valid_count');
    expect(await list('one', '&include_notes=true')).toMatchObject({ notes: [] });
    expect(await list('one', '&entry=10.0.0.2')).toMatchObject({
      matched_valid: 1,
      entries: [{ entry: '10.0.0.2', valid: true }],
    });
    expect(await list('one', '&entry=10.0.0.9')).toMatchObject({ matched_valid: 0, entries: [] });
  });

  test('of an unknown feed is 404, without a name 424', async () => {
    expect((await client.call('GET', `${entryList}?mkey=nobody`)).status).toBe(404);
    expect((await client.call('GET', entryList)).status).toBe(424);
  });

  test('goes with its feed', async () => {
    await push(['one', 'add', ['10.0.0.1']]);
    await client.call('PUT', `${feeds}/one`, { body: { name: 'renamed' } });
    expect(await list('renamed')).toMatchObject({ valid_count: 1 });

    await client.call('DELETE', `${feeds}/renamed`);
    await client.call('POST', feeds, { body: { name: 'renamed', 'update-method': 'push' } });
    expect(await list('renamed')).toMatchObject({ valid_count: 0 });
  });
});

describe('the limit', () => {
  test('of each feed holds before 7.4.4', async () => {
    await restart({ version: '7.4.3', limits: { feedEntries: 2 } });
    await push(
      ['one', 'add', ['10.0.0.1', '10.0.0.2', '10.0.0.3']],
      ['two', 'add', ['10.0.0.1', '10.0.0.2']],
    );

    expect(await list('one')).toMatchObject({ valid_count: 2, overflow: true });
    expect(await list('two')).toMatchObject({ valid_count: 2, overflow: false });
    expect(entriesOf(await list('one'))).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  test('of all feeds and VDOMs together holds from 7.4.4, and overflow ends with room', async () => {
    await restart({ version: '7.4.4', limits: { feedEntries: 3 } });
    await client.call('POST', `${feeds}?vdom=lab`, { body: { name: 'three', 'update-method': 'push' } });
    const body = { commands: [{ name: 'three', command: 'add', entries: ['10.0.0.1'] }] };
    await client.call('POST', `${dynamic}?vdom=lab`, { body });
    await push(['one', 'add', ['10.0.0.1']], ['two', 'add', ['10.0.0.1', '10.0.0.2']]);

    expect(await list('two')).toMatchObject({ valid_count: 1, overflow: true, accepted_limit: 3 });
    await push(['one', 'remove', ['10.0.0.1']], ['two', 'snapshot', ['10.0.0.1']]);
    expect(await list('two')).toMatchObject({ valid_count: 1, overflow: false });
  });
});

test('a feed in a policy cannot be deleted', async () => {
  await client.call('POST', '/api/v2/cmdb/firewall/policy', { body: { srcaddr: [{ name: 'one' }] } });
  expect((await client.call('DELETE', `${feeds}/one`)).json['error']).toBe(-23);
});
