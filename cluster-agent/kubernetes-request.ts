import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Credentials, Entrance } from '../lib/kubernetes/administration/cluster-api.ts';
import { ApiError } from './lib/api-error.ts';

/** A connection that rested for longer may be dead without anybody having told. */
const idleMilliseconds = 10_000;

/** Characters of one answer: a page of usual objects has a twentieth of it, and memory for several times as many is there. */
const longestAnswer = 16_000_000;

export interface KubernetesRequest {
  path: string;
  /** GET unless given. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** JSON text. */
  body?: string;
  /** Content type of the body when it is not `application/json`. */
  type?: string;
  /** After how many milliseconds without a byte the connection is taken for dead. */
  silence: number;
  stop?: AbortSignal | undefined;
  /** For what is asked every few seconds, or at once as the next page: the connection of the last time is used again while it lives. */
  again?: boolean;
}

/** The beginning of an answer with a status of success. Throws {@link ApiError} for any other, with what the API said. */
export type Ask = (asked: KubernetesRequest) => Promise<IncomingMessage>;

/** Requests with fresh credentials each. */
export function kubernetesRequests(entrance: Entrance): Ask {
  const kept = new Agent({ keepAlive: true, timeout: idleMilliseconds });
  return async (asked) => {
    // Otherwise none is kept: one that was closed meanwhile would fail the next request.
    const agent = asked.again === true ? kept : false;
    const response = await send(new URL(entrance.url + asked.path), await entrance.credentials(), {
      ...asked,
      agent,
    });
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 201) return response;
    throw new ApiError(status, await readBody(response), response.headers['retry-after']);
  };
}

/** An answer that is longer than it may be; nothing of it was kept. */
export class AnswerTooLong extends Error {
  constructor() {
    super(`the Kubernetes API answered more than ${longestAnswer} characters at once`);
  }
}

/** The rest of an answer. Throws {@link AnswerTooLong}: whoever may write objects shall not fill our memory with them. */
export async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  let length = 0;
  for await (const chunk of response.setEncoding('utf8')) {
    const text = String(chunk);
    length += text.length;
    // To leave the loop closes the connection.
    if (length > longestAnswer) throw new AnswerTooLong();
    chunks.push(text);
  }
  return chunks.join('');
}

async function send(
  url: URL,
  { token, ...identity }: Credentials,
  {
    agent,
    body,
    method = 'GET',
    silence,
    stop,
    type = 'application/json',
  }: KubernetesRequest & { agent: Agent | false },
): Promise<IncomingMessage> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': type }),
  };
  const options = {
    ...identity,
    ...(stop ? { signal: stop } : {}),
    headers,
    method,
    agent,
    // Whatever the environment of the process says.
    rejectUnauthorized: true,
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.setTimeout(silence, () => sent.destroy(new Error('the Kubernetes API is silent')));
    sent.on('error', reject);
    sent.end(body);
  });
}
