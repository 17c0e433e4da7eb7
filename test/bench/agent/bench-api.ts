import { Agent, request } from 'node:https';
import { type AgentEntrance, kubeconfigEntrance } from '../../../cluster-agent/entrance.ts';

/** Writes to the Kubernetes API over connections that are kept: thousands of pods are made in the time that a benchmark has. */
export class BenchApi {
  readonly #entrance: AgentEntrance;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  private constructor(entrance: AgentEntrance) {
    this.#entrance = entrance;
  }

  static async of(kubeconfig: string): Promise<BenchApi> {
    return new BenchApi(await kubeconfigEntrance(kubeconfig));
  }

  close(): void {
    this.#agent.destroy();
  }

  async create(path: string, body: unknown): Promise<{ name: string; uid: string }> {
    const text = await this.#send('POST', path, { type: 'application/json', body });
    return (JSON.parse(text) as { metadata: { name: string; uid: string } }).metadata;
  }

  async patch(path: string, body: unknown): Promise<void> {
    await this.#send('PATCH', path, { type: 'application/merge-patch+json', body });
  }

  async delete(path: string): Promise<void> {
    await this.#send('DELETE', path, { type: 'application/json', body: { gracePeriodSeconds: 0 } });
  }

  async #send(method: string, path: string, content: { type: string; body: unknown }): Promise<string> {
    const { token, ...identity } = await this.#entrance.credentials();
    const text = JSON.stringify(content.body);
    const headers = {
      'content-type': content.type,
      // Node gives none for a DELETE, and the next request on this connection would be taken for its body.
      'content-length': Buffer.byteLength(text),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return new Promise((resolve, reject) => {
      const url = new URL(this.#entrance.url + path);
      const sent = request(url, { ...identity, agent: this.#agent, method, headers }, (response) => {
        const chunks: string[] = [];
        response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
        response.on('error', reject).on('end', () => {
          const answer = chunks.join('');
          if ((response.statusCode ?? 0) < 300) resolve(answer);
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 300)}`));
        });
      });
      sent.on('error', reject).end(text);
    });
  }
}
