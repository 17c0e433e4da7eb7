import { request } from 'node:https';
import { expect } from 'vitest';
import type { FmcSimulator } from '../../../lib/firewalls/cisco-fmc/simulator/index.ts';

export const fmcDomain = '/api/fmc_config/v1/domain/e276abec-e0f2-11e3-8169-6d9ed49b625f';
export const fmcAuth = '/api/fmc_platform/v1/auth';

export interface Said {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
}

/** Asks a simulator by nothing but Node, as a client that we did not write would. */
export class RawFmc {
  readonly #simulator: FmcSimulator;
  #token = '';

  constructor(simulator: FmcSimulator) {
    this.#simulator = simulator;
  }

  /** One request; a path that does not begin with `/api` or `/_` lies below the domain Global. */
  async ask(
    method: string,
    path: string,
    more: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Said> {
    const { port, ca } = this.#simulator;
    const text = typeof more.body === 'string' ? more.body : JSON.stringify(more.body);
    const headers = more.headers ?? { 'x-auth-access-token': this.#token };
    const whole = path.startsWith('/') ? path : `${fmcDomain}/${path}`;
    return await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca, method, path: whole, headers, agent: false };
      const call = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const said = Buffer.concat(chunks).toString();
          const body = (said.startsWith('{') ? JSON.parse(said) : {}) as Said['body'];
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      call.on('error', reject);
      call.end(more.body === undefined ? undefined : text);
    });
  }

  /** Later requests carry the token, unless they name other headers. */
  async logIn(): Promise<{ token: string; refresh: string; said: Said }> {
    const { user, password } = this.#simulator.credentials;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const said = await this.ask('POST', `${fmcAuth}/generatetoken`, { headers: { authorization } });
    const token = String(said.headers['x-auth-access-token']);
    this.#token ||= token;
    return { token, refresh: String(said.headers['x-auth-refresh-token']), said };
  }

  /** Makes an object and gives its id. */
  async create(path: string, body: Record<string, unknown>): Promise<string> {
    const said = await this.ask('POST', path, { body });
    expect(said.status, problemOf(said)).toBe(201);
    return String(said.body['id']);
  }

  /** Status and text of what is refused. */
  async refusal(method: string, path: string, body?: unknown): Promise<readonly [number, string]> {
    const said = await this.ask(method, path, { body });
    return [said.status, problemOf(said)];
  }

  /** A list, all of it. */
  async items(path: string): Promise<Record<string, unknown>[]> {
    const { body } = await this.ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=1000`);
    return (body['items'] ?? []) as Record<string, unknown>[];
  }
}

export function problemOf({ body }: Said): string {
  const { error } = body as { error?: { messages: { description: string }[] } };
  return error?.messages[0]?.description ?? '';
}
