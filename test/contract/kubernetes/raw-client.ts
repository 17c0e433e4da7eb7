import { request, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

export interface Answer {
  status: number;
  /** Parsed JSON, or the lines of a watch, or text. */
  body: unknown;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: unknown;
  /** Media type of the body; JSON unless given. */
  type?: string;
  /** Another bearer token; empty = none. */
  token?: string;
}

/** Sends requests as they are, with the credentials of a kubeconfig. */
export function rawClient(config: KubeConfig): (call: Call) => Promise<Answer> {
  const server = config.getCurrentCluster()?.server ?? '';
  return async ({ body, method = 'GET', path, token, type = 'application/json' }) => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const credentials = token === undefined ? {} : { cert: undefined, key: undefined, agent: undefined };
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const own = token === '' ? {} : { authorization: `Bearer ${token}` };
    const given = options.headers as Record<string, string> | undefined;
    const length = { 'content-type': type, 'content-length': Buffer.byteLength(text) };
    const headers = { ...(token === undefined ? given : own), ...(body === undefined ? {} : length) };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${server}${path}`,
        { ...options, ...credentials, method, headers },
        (response) => {
          const chunks: string[] = [];
          response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parseBody(chunks.join(''), path) }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(text);
    });
  };
}

function parseBody(text: string, path: string): unknown {
  try {
    if (/[?&]watch=1/.test(path)) {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      return lines.map((line) => JSON.parse(line) as unknown);
    }
    return JSON.parse(text);
  } catch {
    return text;
  }
}
