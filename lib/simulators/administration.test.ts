import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Administration, answerAdministration } from './administration.ts';
import { CommitLog } from './commit-log.ts';
import { commonFaults } from './common-faults.ts';
import { SimulatorFrame } from './frame.ts';
import { jsonAnswer } from './http.ts';

const frames: SimulatorFrame<z.infer<typeof faultSchema>>[] = [];
const faultSchema = z.union(commonFaults);

afterEach(async () => {
  await Promise.all(frames.splice(0).map(async (frame) => await frame.running().stop()));
});

class Refusal extends Error {}

async function given(own: Partial<Administration> = {}) {
  const log = new CommitLog<{ what: string }>();
  const frame = await SimulatorFrame.start({
    name: 'Test simulator',
    faultSchema,
    patternOf: (path) => path,
    handle: () => jsonAnswer(200, {}),
    administer: () => jsonAnswer(500, {}),
  });
  frames.push(frame);
  const admin = { admits: () => true, credential: 'Send it.', commits: () => log, routes: {}, ...own };
  const call = (method: string, path: string, body?: unknown) => {
    const [plain = '', query] = path.split('?');
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    const request = { method, path: `/_simulator/${plain}`, query: new URLSearchParams(query), body: text };
    const answer = answerAdministration({ ...request, headers: {}, source: '127.0.0.1' }, frame, admin);
    return [answer.status, JSON.parse(answer.body)];
  };
  return { call, frame, log };
}

test('faults are added, listed and taken back, one by its id or all', async () => {
  const { call } = await given();
  const drops = ['a', 'b', 'c', 'd'].map((id) => ({ kind: 'drop', id }));
  expect(call('POST', 'faults', drops)).toMatchObject([200, drops]);
  expect(call('DELETE', 'faults/b')).toEqual([200, { removed: 1 }]);
  expect(call('DELETE', 'faults?id=c')).toEqual([200, { removed: 1 }]);
  expect(call('GET', 'faults')).toMatchObject([200, [{ id: 'a' }, { id: 'd' }]]);
  expect(call('DELETE', 'faults/')).toEqual([200, { removed: 2 }]);
});

test('requests are listed and forgotten', async () => {
  const { call, frame } = await given();
  frame.requests.add({ method: 'GET', path: '/a' }, 200, { received: 1, sent: 2 });
  expect(call('GET', 'requests')).toMatchObject([200, [{ pattern: '/a', count: 1 }]]);
  expect(call('DELETE', 'requests')).toEqual([200, {}]);
  expect(call('GET', 'requests')).toEqual([200, []]);
});

test('commits after a number', async () => {
  const { call, log } = await given();
  for (const what of ['one', 'two', 'three']) log.append({ what });
  expect(call('GET', 'commits?after=1')).toMatchObject([
    200,
    { last: 3, commits: [{ number: 2, what: 'two' }, { number: 3 }] },
  ]);
  expect(call('GET', 'commits?after=nothing')).toMatchObject([200, { commits: { length: 3 } }]);
  expect(call('GET', 'commits?after=9')).toEqual([200, { last: 3, commits: [] }]);
});

test('own routes come first, and what does not fit is a 400', async () => {
  const fits = z.strictObject({ serial: z.string() });
  const { call } = await given({
    refusal: Refusal,
    routes: {
      'GET commits': () => 'our own',
      'POST device': ({ body }) => fits.parse(body()),
      'POST edits': () => {
        throw new Refusal('not this one');
      },
    },
  });
  expect(call('GET', 'commits')).toEqual([200, 'our own']);
  expect(call('POST', 'device', { serial: 'S1' })).toEqual([200, { serial: 'S1' }]);
  expect(call('POST', 'device', { serial: 1 })[0]).toBe(400);
  expect(call('POST', 'device', 'no JSON')[0]).toBe(400);
  expect(call('POST', 'faults', { kind: 'nonsense' })[0]).toBe(400);
  expect(call('POST', 'edits')).toEqual([400, { error: 'not this one' }]);
  expect(call('PUT', 'device')).toEqual([404, { error: expect.stringContaining('PUT /_simulator/device') }]);
});

test('a defect of a route is no answer', async () => {
  const { call } = await given({
    routes: {
      'GET state': () => {
        throw new TypeError('broken');
      },
    },
  });
  expect(() => call('GET', 'state')).toThrow('broken');
});

test('without the credential nothing is shown, and a vendor words its failures', async () => {
  const { call, frame } = await given({
    admits: () => false,
    failure: (text, status) => ({ problem: `${status} ${text}` }),
  });
  expect(call('POST', 'faults', { kind: 'drop' })).toEqual([401, { problem: '401 Send it.' }]);
  expect(frame.listFaults()).toEqual([]);
});
