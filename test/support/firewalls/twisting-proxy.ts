import { Agent, createServer, request as ask, type Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeServerCertificate, type ServerCertificate } from '../../../lib/simulators/certificates.ts';

export interface Said {
  status: number;
  text: string;
}

/** What is done to answers: something else is said without asking the device, or what it said is changed. `secrets`: what it was sent. */
export type Twist =
  | { instead: (response: ServerResponse) => void }
  | { change: (said: Said, secrets: readonly string[]) => Said };

/** Headers and fields of bodies that carry what nobody may repeat. */
const secretHeader = /auth|token|key|cookie/i;
const secretField = /"(?:session|passwd|password)"\s*:\s*"([^"]{8,})"/g;

/** Stands before a simulated device: passes everything on until it is told to twist the answers. */
export class TwistingProxy {
  twist: Twist | undefined;
  asked = 0;
  /** Hears each request before the device does. */
  hears: ((request: { method: string; url: string; body: string }) => void) | undefined;
  readonly #certificate: ServerCertificate;
  readonly #server: Server;
  readonly #port: number;
  readonly #agent: Agent;
  /** Credentials that came with requests whose answers were changed. */
  readonly secrets = new Set<string>();

  private constructor(device: { port: number; ca: string }, certificate: ServerCertificate) {
    this.#port = device.port;
    this.#agent = new Agent({ ca: device.ca, keepAlive: true });
    this.#certificate = certificate;
    const { certificate: cert, privateKey: key } = certificate;
    this.#server = createServer({ cert, key }, (request, response) => {
      response.on('error', () => undefined);
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(settings: Record<string, unknown>): Promise<TwistingProxy> {
    const device = { port: Number(settings['port']), ca: String(settings['ca']) };
    const proxy = new TwistingProxy(device, await makeServerCertificate('twisting proxy'));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** In place of those that lead to the device. */
  get settings(): Record<string, unknown> {
    const { port } = this.#server.address() as AddressInfo;
    return { address: '127.0.0.1', port, ca: this.#certificate.ca };
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#certificate.discard();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1;
    const { twist } = this;
    const body = await bytesOf(request);
    this.hears?.({ method: request.method ?? '', url: request.url ?? '', body: body.toString() });
    if (twist && 'instead' in twist) {
      twist.instead(response);
      return;
    }
    const answer = await this.#forward(request, body);
    const text = (await bytesOf(answer)).toString();
    const said = { status: answer.statusCode ?? 500, text };
    const secrets = twist ? secretsOf(request.headers, body.toString()) : [];
    for (const secret of secrets) this.secrets.add(secret);
    const { status, text: told } = twist && text !== '' ? twist.change(said, secrets) : said;
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers;
    const length = request.method === 'HEAD' ? {} : { 'content-length': Buffer.byteLength(told) };
    response.writeHead(status, { ...headers, ...length }).end(told);
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return await new Promise((resolve, reject) => {
      const passed = ask(
        { host: '127.0.0.1', port: this.#port, method, path: url, headers, agent: this.#agent },
        resolve,
      );
      passed.on('error', reject);
      passed.end(body);
    });
  }
}

function secretsOf(headers: IncomingHttpHeaders, body: string): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    secretHeader.test(name) ? [value ?? ''].flat() : [],
  );
  const sent = [
    // With and without the word before it, such as `Bearer`.
    ...values.flatMap((value) => [value, value.split(' ').at(-1) ?? '']),
    ...[...body.matchAll(secretField)].map(([, secret]) => secret ?? ''),
  ];
  // A signature of AWS proves one request for minutes: it is no credential for another.
  return sent.filter((secret) => secret.length >= 8 && !/^AWS4-|^Signature=/.test(secret));
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
