import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { certify } from '../test/support/pki.ts';
import { SeededRandom } from '../test/support/ports.ts';
import type { ClusterObjects } from '../lib/core/way-back/ports.ts';
import { kubernetesObjects, kubernetesSource } from './kubernetes-api.ts';
import type { ListPage, ObjectSource } from './lib/ports.ts';

let server: Server;
let source: ObjectSource;
let url: string;
let written: ClusterObjects;
let answer: { status: number; headers?: Record<string, string>; body: string | ((url: string) => string) };
const asked: string[] = [];

beforeAll(async () => {
  const authority = await certify({ name: 'authority', authority: true });
  const here = [{ type: 'ip', value: '127.0.0.1' }] as const;
  const { certificate, privateKey } = await certify({ name: 'api', signedBy: authority, for: here });
  server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    asked.push(request.url ?? '');
    const { body } = answer;
    response
      .writeHead(answer.status, answer.headers)
      .end(typeof body === 'string' ? body : body(request.url ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = async () => ({ ca: authority.certificate, token: 't' });
  source = kubernetesSource({ url, credentials }, new SeededRandom());
  written = kubernetesObjects({ url, credentials });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function list(status: number, body: unknown, headers = {}): Promise<ListPage> {
  answer = { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  return source.list('pod', { next: undefined, larger: 0, stop: new AbortController().signal });
}

const metadata = { resourceVersion: '7' };

test('an empty listing is empty', async () => {
  expect(await list(200, { kind: 'PodList', metadata, items: [] })).toEqual({ items: [], version: '7' });
});

test.each([
  ['without its items', { kind: 'PodList', metadata }],
  ['whose items are null', { kind: 'PodList', metadata, items: null }],
  ['of another kind', { kind: 'NodeList', metadata, items: [] }],
  ['without a version', { kind: 'PodList', metadata: {}, items: [] }],
  ['that is a Status', { kind: 'Status', status: 'Failure', code: 500 }],
  ['that is no JSON', '<html>sign in</html>'],
  ['that is empty', ''],
])('an answer %s is a failure, not an empty listing', async (_, body) => {
  await expect(list(200, body)).rejects.toThrow();
});

test.each([
  ['429', 429, '3', 3_000],
  ['503', 503, '1', 1_000],
  ['one that asks for a day', 429, '86400', 60_000],
  ['one that asks for nothing', 429, undefined, 0],
  ['one that gives a date', 429, 'Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['one that gives nonsense', 429, '-5', 0],
])('a refusal says how long the API wants to be left alone: %s', async (_, status, after, milliseconds) => {
  const headers = after === undefined ? {} : { 'retry-after': after };
  await expect(list(status, 'busy', headers)).rejects.toMatchObject({
    status,
    retryAfterMilliseconds: milliseconds,
  });
});

test('an API that nobody vouches for gets no token, whatever the environment says', async () => {
  answer = { status: 200, body: JSON.stringify({ kind: 'PodList', metadata, items: [] }) };
  const stranger = await certify({ name: 'stranger', authority: true });
  const entrance = { url, credentials: async () => ({ ca: stranger.certificate, token: 't' }) };
  vi.stubEnv('NODE_TLS_REJECT\u005fUNAUTHORIZED', '0');
  try {
    const listed = kubernetesSource(entrance, new SeededRandom()).list('pod', {
      next: undefined,
      larger: 0,
      stop: new AbortController().signal,
    });
    await expect(listed).rejects.toThrow(/certificate/);
    const place = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } };
    await expect(kubernetesObjects(entrance).read(place)).rejects.toThrow(/certificate/);
  } finally {
    vi.unstubAllEnvs();
  }
});

test('objects as large as they may be are asked for in small pages', async () => {
  const large = 'x'.repeat(1_500_000);
  const pageOf = (url: string): string => {
    const limit = Number(new URL(url, 'https://api').searchParams.get('limit'));
    return JSON.stringify({ kind: 'PodList', metadata, items: Array.from({ length: limit }, () => large) });
  };
  answer = { status: 200, body: pageOf };
  asked.length = 0;
  const { items } = await source.list('pod', {
    next: 'there',
    larger: 0,
    stop: new AbortController().signal,
  });
  expect(items).toHaveLength(5);
  expect(asked.map((path) => path.replace(/limit=\d+/, ''))).toEqual([
    '/api/v1/pods?&continue=there',
    '/api/v1/pods?&continue=there',
  ]);
});

test('larger pages are asked for on request, and usual ones where those are too long', async () => {
  const body = (url: string): string => {
    const limit = Number(new URL(url, 'https://api').searchParams.get('limit'));
    return JSON.stringify({
      kind: 'PodList',
      metadata,
      items: Array.from({ length: limit }, () => 'x'.repeat(size)),
    });
  };
  let size = 10;
  answer = { status: 200, body };
  const listed = async (larger: number) => {
    asked.length = 0;
    const page = { next: undefined, larger, stop: new AbortController().signal };
    return [(await source.list('pod', page)).items.length, asked.length];
  };
  expect(await listed(2)).toEqual([1_600, 1]);
  size = 30_000;
  expect(await listed(2)).toEqual([100, 2]);
  size = 400_000;
  expect(await listed(1)).toEqual([5, 3]);
});

test('what we made is listed though each object is long', async () => {
  const item = { metadata: { name: 'a', uid: 'u' }, data: { firewalls: 'x'.repeat(30_000) } };
  const body = (url: string): string => {
    const limit = Number(new URL(url, 'https://api').searchParams.get('limit'));
    return JSON.stringify({ metadata: {}, items: Array.from({ length: Math.min(limit, 400) }, () => item) });
  };
  answer = { status: 200, body };
  const kind = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'zonebridge-status',
    part: 'whole' as const,
  };
  expect(await written.list(kind, { name: 'label', value: 'ours' })).toHaveLength(100);
});
