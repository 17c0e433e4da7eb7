import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { FortigateSimulator } from './index.ts';

/** An answer with the fields tests look at. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The parsed body; throws when it is no JSON object. */
  json: Record<string, unknown>;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Leaves the token out. */
  anonymous?: boolean;
}

export interface TestClient {
  call(method: Dispatcher.HttpMethod, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** A plain HTTPS client that trusts the simulator's authority and nothing else. */
export function testClient(simulator: Pick<FortigateSimulator, 'url' | 'ca' | 'token'>): TestClient {
  const dispatcher = new Agent({ connect: { ca: simulator.ca } });
  return {
    async call(method, path, { body, headers = {}, anonymous = false } = {}) {
      const response = await request(`${simulator.url}${path}`, {
        dispatcher,
        method,
        headers: { ...(anonymous ? {} : { authorization: `Bearer ${simulator.token}` }), ...headers },
        body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.body.text();
      return {
        status: response.statusCode,
        headers: response.headers,
        text,
        get json() {
          return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
        },
      };
    },
    async close() {
      await dispatcher.close();
    },
  };
}
