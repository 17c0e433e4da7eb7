import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay in front of the API, whose connections can be made to fail. */
export class Gate {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #port = 0;
  #connections = 0;
  /** Bytes that came from the API so far, those of TLS included. */
  answered = 0;
  /** Bytes of answers after which the connection of this number (from 0) is cut; undefined = never. */
  cutAfter: (connection: number) => number | undefined = () => undefined;

  constructor(target: () => number) {
    this.#server = createServer((client) => {
      const upstream = connect(target(), '127.0.0.1');
      let left = this.cutAfter(this.#connections++) ?? Infinity;
      for (const socket of [client, upstream]) {
        this.#open.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            this.#open.delete(socket);
            client.destroy();
            upstream.destroy();
          });
      }
      upstream.on('data', (data) => {
        this.answered += data.length;
        left -= data.length;
        if (left <= 0) upstream.destroy();
      });
      client.pipe(upstream).pipe(client);
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the same port as before. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Refuses connections, and cuts every one that there is. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  /** Cuts every connection in the middle of whatever it carries. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** No byte passes on the connections that there are, and no end; new ones work. Returns how to let them go on. */
  freeze(): () => void {
    const frozen = [...this.#open];
    for (const socket of frozen) socket.pause();
    return () => {
      for (const socket of frozen) socket.resume();
    };
  }
}
