import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerCertificate } from './certificates.ts';

/** Answers one request, or destroys its connection. What it throws is shown, and the connection is cut. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTPS server on 127.0.0.1 whose port survives going down and up again. */
export class TlsServer {
  readonly #certificate: ServerCertificate;
  readonly #serve: Serve;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #server: Server | undefined;
  #port: number;
  #comingUp: Promise<void> = Promise.resolve();

  constructor(certificate: ServerCertificate, port: number, serve: Serve) {
    this.#certificate = certificate;
    this.#port = port;
    this.#serve = serve;
  }

  /** 0 before `open`, when it was left to the system. */
  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const { ca, certificate, privateKey } = this.#certificate;
    const server = createServer({ key: privateKey, cert: `${certificate}\n${ca}` }, (request, response) => {
      void this.#answer(request, response);
    });
    // Watches last for as long as they like, and idle connections longer than any client keeps them: a reused one is not closed under a request.
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

  /** Cuts every connection and refuses new ones, then comes back by itself; resolves when it is down. */
  async goDown(milliseconds: number): Promise<void> {
    if (this.#server === undefined) return;
    await this.#shut();
    this.#comingUp = sleep(milliseconds, undefined, { signal: this.#closing.signal })
      .then(async () => this.open())
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) console.error('The simulator did not come back:', error);
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
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away is no fault of ours; anything else must be seen.
    response.on('error', () => undefined);
    try {
      await this.#serve(request, response);
    } catch (error) {
      if (!request.destroyed) console.error('The simulator failed:', error);
      request.socket.destroy();
    }
  }
}
