import { request } from 'node:https';
import type { FortimanagerSimulator } from '../../../lib/firewalls/fortimanager/simulator/index.ts';

export interface Element {
  status: { code: number; message: string };
  data?: unknown;
}

/** One element by nothing but Node, as a client that we did not write would send it. */
export async function ask(
  { port, ca }: FortimanagerSimulator,
  body: object,
  headers: Record<string, string> = {},
): Promise<Element & { session?: string }> {
  const text = await new Promise<string>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, ca, method: 'POST', path: '/jsonrpc', headers, agent: false };
    const sent = request(options, (answer) => {
      let received = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (received += part));
      answer.on('end', () => resolve(received));
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ id: 1, ...body }));
  });
  const { result, session } = JSON.parse(text) as { result: Element[]; session?: string };
  return { ...result[0]!, ...(session === undefined ? {} : { session }) };
}

/** A session of its own; what it asks tells the code, or the data when there are some. */
export async function logInTo(simulator: FortimanagerSimulator) {
  const { name: user, password: passwd } = simulator.administrator;
  const params = [{ url: '/sys/login/user', data: { user, passwd } }];
  const { session } = await ask(simulator, { method: 'exec', params });
  const say = async (method: string, url: string, data?: unknown, others: object = {}): Promise<Element> =>
    await ask(simulator, {
      method,
      session,
      params: [{ url, ...(data === undefined ? {} : { data }), ...others }],
    });
  const code = async (method: string, url: string, data?: unknown): Promise<number> =>
    (await say(method, url, data)).status.code;
  return {
    say,
    code,
    workspace: async (verb: string) => await say('exec', `/dvmdb/adom/root/workspace/${verb}`),
    info: async (place = '') => (await say('get', `/dvmdb/adom/root/workspace/lockinfo${place}`)).data,
    dirty: async () => (await say('get', '/dvmdb/adom/root/workspace/dirty')).data,
  };
}
