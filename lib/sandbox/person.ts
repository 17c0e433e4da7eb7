import { Agent, request } from 'undici';
import type { FortigateSimulator } from '../firewalls/fortigate/simulator/index.ts';

/** An administrator who works on a simulated FortiGate by its own API, besides us. */
export class Person {
  readonly #simulator: FortigateSimulator;
  readonly #agent: Agent;

  constructor(simulator: FortigateSimulator) {
    this.#simulator = simulator;
    this.#agent = new Agent({ connect: { ca: simulator.ca } });
  }

  async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const answer = await request(`${this.#simulator.url}/api/v2/${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#simulator.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}
