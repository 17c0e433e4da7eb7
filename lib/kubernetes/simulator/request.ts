import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { badRequest, Refusal } from './refusal.ts';

/** A request, complete with its body. */
export interface ApiRequest {
  method: string;
  /** As sent, still percent-encoded. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

/** The limit of etcd and the API together; a real API says 413, too. */
const bodyLimitBytes = 3 * 1024 * 1024;

/** Reads a request to its end; undefined when its body is too large. */
export async function readRequest(incoming: IncomingMessage): Promise<ApiRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) return undefined;
    chunks.push(chunk);
  }
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

export function mediaType(request: ApiRequest): string {
  const value = request.headers['content-type'];
  return String(value ?? '')
    .replace(/;.*/, '')
    .trim()
    .toLowerCase();
}

/** The body as JSON or YAML. Throws a refusal: 400 when it is neither, 415 for other media types. */
export function readBody(request: ApiRequest): unknown {
  const type = mediaType(request);
  if (
    !['', 'application/json', 'application/yaml', '*/*'].includes(type) &&
    !type.endsWith('patch+json') &&
    !type.endsWith('patch+yaml')
  ) {
    throw new Refusal(
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
    );
  }
  try {
    return type.endsWith('yaml') ? parseYaml(request.body) : JSON.parse(request.body);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
}
