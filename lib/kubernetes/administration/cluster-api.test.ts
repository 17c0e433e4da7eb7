import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpsClusterApi } from './cluster-api.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } };
/** A port whose queue of connections is full: the kernel answers nobody any more, as behind a firewall that drops. */
const listener = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
  });
`;

let worker: Worker;
let port: number;
let filling: Socket[];

beforeEach(async () => {
  worker = new Worker(listener, { eval: true });
  [port] = (await once(worker, 'message')) as [number];
  filling = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await once(filling[0]!, 'connect');
});

afterEach(async () => {
  for (const socket of filling) socket.destroy();
  await worker.terminate();
});

test('an API that does not even take the connection is given up', async () => {
  const entrance = { url: `https://127.0.0.1:${port}`, credentials: async () => ({ token: 't' }) };
  const api = new HttpsClusterApi(entrance, { answerMs: 300 });
  await expect(api.read(object)).rejects.toMatchObject({
    code: 'cluster/unreachable',
    message: expect.stringContaining('no answer within') as string,
  });
});
