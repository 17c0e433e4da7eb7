import { createServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerCertificate } from '../../simulators/certificates.ts';
import { refused } from './answer.ts';
import type { Outcome } from './faults/injection.ts';
import { Refusal } from './refusal.ts';
import { type ApiRequest, readRequest } from './request.ts';

export type Handler = (request: ApiRequest) => Promise<Outcome>;

/** An HTTPS server on 127.0.0.1 whose port survives going down and up again. */
export class ApiServer {
  readonly #certificate: ServerCertificate;
  readonly #handler: Handler;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #server: Server | undefined;
  #port: number;
  #comingUp: Promise<void> = Promise.resolve();

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
    const { ca, certificate, privateKey } = this.#certificate;
    const server = createServer({ key: privateKey, cert: `${certificate}\n${ca}` }, (request, response) => {
      void this.#serve(request, response);
    });
    // Watches last for as long as they like, and idle connections longer than any client keeps them.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 120_000;
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
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

  /** Cuts every connection and refuses new ones, then comes back by itself; resolves when it is back. */
  async goDown(milliseconds: number): Promise<void> {
    if (this.#server === undefined) return this.#comingUp;
    const shut = this.#shut();
    this.#comingUp = shut
      .then(async () => sleep(milliseconds, undefined, { signal: this.#closing.signal }))
      .then(async () => this.open())
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) console.error('The simulator did not come back:', error);
      });
    return this.#comingUp;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#comingUp;
    await this.#shut();
  }

  async #shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away is no fault of ours.
    response.on('error', () => undefined);
    try {
      const request = await readRequest(incoming);
      const outcome: Outcome = request
        ? await this.#handler(request)
        : { answer: refused(new Refusal(413, 'the request is too large')), ending: 'whole' };
      deliver(outcome, response);
    } catch (error) {
      if (!incoming.destroyed) console.error('The simulator failed:', error);
      incoming.socket.destroy();
    }
  }
}

function deliver(outcome: Outcome, response: ServerResponse): void {
  if (outcome === 'silence') return;
  if (outcome === 'cut' || outcome.ending === 'cut') {
    response.destroy();
    return;
  }
  const { answer, ending } = outcome;
  if ('stream' in answer) {
    answer.stream(response);
    return;
  }
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  if (ending === 'half') response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  else response.end(body);
}
