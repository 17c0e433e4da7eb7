import { createServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerCertificate } from '../../../simulators/certificates.ts';
import { pageAnswer } from './http.ts';
import type { ApiAnswer, ApiRequest } from './http.ts';

/** What comes of a request: an answer, or a connection that is cut. */
export type Reply = ApiAnswer | 'cut';

export type Handler = (request: ApiRequest) => Promise<Reply>;

/** Assumption: the real size limit is unknown; ours only keeps a mistake from filling the memory. */
const bodyLimitBytes = 64 * 1024 * 1024;

/** An HTTPS server on 127.0.0.1 whose port survives going down and up again. */
export class TlsServer {
  readonly #certificate: ServerCertificate;
  readonly #handler: Handler;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;
  #comingUp: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(certificate: ServerCertificate, port: number, handler: Handler) {
    this.#certificate = certificate;
    this.#port = port;
    this.#handler = handler;
  }

  /** 0 before `open`, when it was left to the system. */
  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const server = createServer(
      {
        key: this.#certificate.privateKey,
        cert: `${this.#certificate.certificate}\n${this.#certificate.ca}`,
      },
      (request, response) => {
        void this.#serve(request, response);
      },
    );
    // Longer than any client keeps idle connections, so that a reused one is not closed under a request.
    server.keepAliveTimeout = 120_000;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : this.#port;
    this.#server = server;
  }

  /** Cuts every connection and refuses new ones, then comes back by itself. */
  async goDown(milliseconds: number): Promise<void> {
    if (this.#server === undefined) {
      return;
    }
    await this.#shut();
    this.#comingUp = sleep(milliseconds, undefined, { signal: this.#closing.signal })
      .then(async () => this.open())
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) {
          console.error('The simulator did not come back:', error);
        }
      });
  }

  /** Resolves when a server that went down is back. */
  async isUp(): Promise<void> {
    await this.#comingUp;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#comingUp;
    await this.#shut();
  }

  async #shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) {
      return;
    }
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      const reply =
        body === undefined
          ? pageAnswer(413, 'Request too large')
          : await this.#handler(toApiRequest(request, body));
      if (reply === 'cut') {
        request.socket.destroy();
        return;
      }
      const length = Buffer.byteLength(reply.body);
      response.writeHead(reply.status, { ...reply.headers, 'content-length': length });
      response.end(request.method === 'HEAD' ? undefined : reply.body);
    } catch (error) {
      // A client that went away while it was sending is no fault of ours; anything else must be seen.
      if (!request.destroyed) {
        console.error('The simulator failed:', error);
      }
      request.socket.destroy();
    }
  }
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
