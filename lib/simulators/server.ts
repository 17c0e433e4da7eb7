import type { IncomingMessage } from 'node:http';
import type { Serve } from './tls-server.ts';
import { pageAnswer } from './http.ts';
import type { ApiAnswer, ApiRequest } from './http.ts';

/** What comes of a request: an answer, or a connection that is cut. */
export type Reply = ApiAnswer | 'cut';

/** Assumption: the real size limit is unknown; ours only keeps a mistake from filling the memory. */
const bodyLimitBytes = 64 * 1024 * 1024;

/** Reads a request, lets it be handled, and sends what comes of it. */
export function serveWith(handle: (request: ApiRequest) => Promise<Reply>): Serve {
  return async (request, response) => {
    const body = await readBody(request);
    const reply =
      body === undefined ? pageAnswer(413, 'Request too large') : await handle(toApiRequest(request, body));
    if (reply === 'cut') {
      request.socket.destroy();
      return;
    }
    const length = Buffer.byteLength(reply.body);
    const told = reply.headers?.['transfer-encoding'] ? {} : { 'content-length': length };
    response.writeHead(reply.status, { ...reply.headers, ...told });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  };
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function toApiRequest(request: IncomingMessage, body: string): ApiRequest {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  return {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(query.join('?')),
    headers: request.headers,
    body,
    source: request.socket.remoteAddress ?? '127.0.0.1',
  };
}
