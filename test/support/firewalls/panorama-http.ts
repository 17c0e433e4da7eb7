import { request } from 'node:https';
import {
  type PanoramaSimulator,
  type SimulatorOptions,
  startPanoramaSimulator,
} from '../../../lib/firewalls/panorama/simulator/index.ts';

/** Asks a simulated PAN-OS or Panorama by nothing but Node, as a client that we did not write would. */
export class RawPanorama {
  readonly simulator: PanoramaSimulator;

  private constructor(simulator: PanoramaSimulator) {
    this.simulator = simulator;
  }

  static async start(options: SimulatorOptions = {}): Promise<RawPanorama> {
    return new RawPanorama(await startPanoramaSimulator(options));
  }

  async stop(): Promise<void> {
    await this.simulator.stop();
  }

  /** The answer to one call, as text. */
  async ask(parameters: Readonly<Record<string, string>>): Promise<string> {
    const { port, ca, apiKey } = this.simulator;
    const headers = { 'X-PAN-KEY': apiKey, 'content-type': 'application/x-www-form-urlencoded' };
    return await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca, path: '/api/', method: 'POST', headers, agent: false };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve(text));
      });
      call.on('error', reject);
      call.end(new URLSearchParams(parameters).toString());
    });
  }

  async op(cmd: string, target?: string): Promise<string> {
    return await this.ask({ type: 'op', cmd, ...(target === undefined ? {} : { target }) });
  }

  async config(
    action: string,
    xpath: string,
    element = '',
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    return await this.ask({ type: 'config', action, xpath, ...(element === '' ? {} : { element }), ...more });
  }

  /** How a commit, or with `all` a push, has ended, and on which firewalls. */
  async commit(
    cmd: string,
    action = '',
  ): Promise<{ result: string | undefined; serials: (string | undefined)[] }> {
    const begun = await this.ask({ type: 'commit', cmd, ...(action === '' ? {} : { action }) });
    const [, id = ''] = /<job>(\d+)<\/job>/.exec(begun) ?? [];
    const job = await this.op(`<show><jobs><id>${id}</id></jobs></show>`);
    const serials = [...job.matchAll(/<serial-no>([^<]*)/g)].map(([, serial]) => serial);
    return { result: /<result>(OK|FAIL|PEND)<\/result>/.exec(job)?.[1], serials };
  }

  async register(ip: string, tags: readonly string[]): Promise<string> {
    return await this.#update('register', ip, tags);
  }

  async unregister(ip: string, tags: readonly string[]): Promise<string> {
    return await this.#update('unregister', ip, tags);
  }

  async #update(op: string, ip: string, tags: readonly string[]): Promise<string> {
    const members = tags.map((tag) => `<member>${tag}</member>`).join('');
    const block = `<${op}><entry ip="${ip}"><tag>${members}</tag></entry></${op}>`;
    const cmd = `<uid-message><version>1.0</version><type>update</type><payload>${block}</payload></uid-message>`;
    return await this.ask({ type: 'user-id', cmd });
  }
}
