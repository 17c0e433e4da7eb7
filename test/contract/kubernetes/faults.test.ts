import { expect, test, vi } from 'vitest';
import { type Simulated, simulated } from './simulated.ts';
import type { Answer } from './raw-client.ts';

const patience = { timeout: 15_000, interval: 10 };
const maps = '/api/v1/namespaces/default/configmaps';

async function addMap({ call }: Simulated, name: string): Promise<Answer> {
  return call({ method: 'POST', path: maps, body: { metadata: { name } } });
}

async function inject({ call }: Simulated, fault: unknown): Promise<void> {
  expect((await call({ method: 'POST', path: '/_simulator/faults', body: fault })).status).toBe(200);
}

/** Types and names of the events of a watch that is over. */
function events({ body }: Answer): string[] {
  return (body as { type: string; object: { metadata: { name?: string } } }[]).map(
    ({ object, type }) => `${type} ${object.metadata.name ?? ''}`,
  );
}

function watchFrom(answer: Answer, more = ''): string {
  const { metadata } = answer.body as { metadata: { resourceVersion: string } };
  return `${maps}?watch=1&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}${more}`;
}

test.each([
  [{ kind: 'reject', status: 429, retryAfterSeconds: 3 }, 429, 'TooManyRequests'],
  [{ kind: 'reject', status: 401 }, 401, 'Unauthorized'],
  [{ kind: 'reject', status: 503 }, 503, 'ServiceUnavailable'],
  [{ kind: 'reject', status: 410 }, 410, 'Expired'],
  [{ kind: 'reject', status: 500, reason: 'Own', message: 'own' }, 500, 'Own'],
])('%o is answered with a Status', async (fault, status, reason) => {
  const world = await simulated();
  await inject(world, { ...fault, path: 'configmaps', times: 1 });
  const refused = await world.call({ path: maps });
  expect(refused).toMatchObject({
    status,
    body: { kind: 'Status', status: 'Failure', code: status, reason },
  });
  expect(await world.call({ path: maps })).toMatchObject({ status: 200 });
});

test('a page of a listing can fail, be cut in half or be too late to be continued', async () => {
  const world = await simulated();
  for (const name of ['a', 'b', 'c']) await addMap(world, name);
  const first = await world.call({ path: `${maps}?limit=1` });
  const { metadata } = first.body as { metadata: { continue: string } };
  const next = `${maps}?limit=1&continue=${metadata.continue}`;
  await inject(world, { kind: 'truncate', path: 'continue=', times: 1 });
  await expect(world.call({ path: next })).rejects.toThrow(/aborted|hang up|reset/i);
  await inject(world, { kind: 'drop', path: 'continue=', times: 1 });
  await expect(world.call({ path: next })).rejects.toThrow(/aborted|hang up|reset/i);
  expect(await world.call({ path: next })).toMatchObject({
    status: 200,
    body: { items: [{ metadata: { name: 'b' } }] },
  });

  await world.call({ method: 'POST', path: '/_simulator/compact' });
  const expired = await world.call({ path: next });
  expect(expired).toMatchObject({ status: 410, body: { reason: 'Expired', code: 410 } });
  // The refusal says how to go on with what is there now.
  const going = (expired.body as { metadata: { continue: string } }).metadata.continue;
  const rest = await world.call({ path: `${maps}?continue=${going}` });
  expect(rest).toMatchObject({
    status: 200,
    body: { items: [{ metadata: { name: 'b' } }, { metadata: { name: 'c' } }] },
  });
});

test('a change whose reply is lost is made all the same', async () => {
  const world = await simulated();
  await inject(world, { kind: 'drop-after-commit', method: 'POST', times: 1, path: 'configmaps' });
  await expect(addMap(world, 'lost')).rejects.toThrow(/aborted|hang up|reset/i);
  expect(await world.call({ path: `${maps}/lost` })).toMatchObject({ status: 200 });
});

test('a request or a watch can be left without a byte and without an end', async () => {
  const world = await simulated();
  await inject(world, { kind: 'half-open', path: 'configmaps$', times: 1 });
  let answered = false;
  void world.call({ path: maps }).then(
    () => (answered = true),
    () => undefined,
  );
  await vi.waitUntil(
    () => world.simulator.faults.list().some((fault) => 'hits' in fault && fault.hits === 1),
    patience,
  );
  // Others are served in the meantime.
  for (let i = 0; i < 20; i++)
    expect(await world.call({ path: `${maps}?limit=1` })).toMatchObject({ status: 200 });
  expect(answered).toBe(false);
});

test('watches end cleanly or abruptly, are told they are too old, repeat and go back', async () => {
  const world = await simulated();
  const start = await world.call({ path: maps });
  for (const name of ['a', 'b', 'c']) await addMap(world, name);
  const change = { metadata: { labels: { seen: 'yes' } } };
  await world.call({
    method: 'PATCH',
    path: `${maps}/a`,
    body: change,
    type: 'application/merge-patch+json',
  });
  const all = ['ADDED a', 'ADDED b', 'ADDED c', 'MODIFIED a'];
  expect(events(await world.call({ path: watchFrom(start) }))).toEqual(all);

  await inject(world, { kind: 'watch-end', events: 2, times: 1 });
  expect(events(await world.call({ path: watchFrom(start) }))).toEqual(all.slice(0, 2));
  await inject(world, { kind: 'watch-end', how: 'abrupt', events: 2, times: 1 });
  await expect(world.call({ path: watchFrom(start) })).rejects.toThrow(/aborted|hang up|reset/i);
  await inject(world, { kind: 'watch-gone', events: 1, times: 1 });
  const gone = await world.call({ path: watchFrom(start) });
  expect(gone.body).toMatchObject([
    { type: 'ADDED' },
    { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
  ]);
  await inject(world, { kind: 'watch-duplicate', times: 1 });
  expect(events(await world.call({ path: watchFrom(start) }))).toEqual(
    all.flatMap((event) => [event, event]),
  );
  await inject(world, { kind: 'watch-stale', times: 1 });
  const stale = await world.call({ path: watchFrom(start) });
  expect(events(stale)).toEqual([...all, 'MODIFIED a']);
  const [, , , fresh, old] = stale.body as { object: { metadata: { resourceVersion: string } } }[];
  expect(Number(old?.object.metadata.resourceVersion)).toBeLessThan(
    Number(fresh?.object.metadata.resourceVersion),
  );
});

test('after a restart all connections are cut, versions go on, and old watches are gone', async () => {
  const world = await simulated();
  const start = await world.call({ path: maps });
  await addMap(world, 'a');
  const open = world.call({ path: watchFrom(start).replace('timeoutSeconds=1', 'timeoutSeconds=60') });
  const ended = expect(open).rejects.toThrow(/aborted|hang up|reset/i);
  await vi.waitUntil(() => world.simulator.watches.counts()['configmaps'] === 1, patience);
  await world.call({ method: 'POST', path: '/_simulator/restart', body: { milliseconds: 50 } });
  await ended;
  const again = await vi.waitUntil(async () => world.call({ path: maps }).catch(() => undefined), patience);
  expect(again.body).toMatchObject({ items: [{ metadata: { name: 'a' } }] });
  const resumed = await world.call({ path: watchFrom(start) });
  expect(resumed).toMatchObject({ status: 200, body: [{ type: 'ERROR', object: { code: 410 } }] });
  expect(await addMap(world, 'b')).toMatchObject({ status: 201 });
});

test('a token of a service account is over when its time is', async () => {
  const world = await simulated();
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  await world.call({ method: 'POST', path: accounts, body: { metadata: { name: 'agent' } } });
  const issued = await world.call({ method: 'POST', path: `${accounts}/agent/token`, body: { spec: {} } });
  const { token } = (issued.body as { status: { token: string } }).status;
  expect(await world.call({ path: maps, token })).toMatchObject({ status: 403 });
  await world.call({ method: 'POST', path: '/_simulator/expire-tokens' });
  expect(await world.call({ path: maps, token })).toMatchObject({
    status: 401,
    body: { reason: 'Unauthorized' },
  });
  expect(await world.call({ path: '/_simulator/state', token })).toMatchObject({ status: 401 });
});

test('faults that cannot be are refused with every problem', async () => {
  const world = await simulated();
  const answer = await world.call({
    method: 'POST',
    path: '/_simulator/faults',
    body: [{ kind: 'reject' }, { kind: 'nonsense' }],
  });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toMatch(/status.*kind/s);
  expect(() => world.simulator.faults.add({ kind: 'drop', path: '(' })).toThrow(RangeError);
});
