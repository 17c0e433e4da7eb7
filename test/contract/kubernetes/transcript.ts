import type { KubeConfig } from '@kubernetes/client-node';
import { normalise } from './normalise.ts';
import { type Answer, type Call, rawClient } from './raw-client.ts';

/** What was asked and what came back, without what differs from run to run. */
export interface Entry {
  step: string;
  asked: string;
  status: number;
  answer: unknown;
}

/** Asks an API without controllers everything that has to be the same on every one. */
export class Transcript {
  readonly entries: Entry[] = [];
  readonly #call: (call: Call) => Promise<Answer>;
  #step = '';

  constructor(config: KubeConfig) {
    this.#call = rawClient(config);
  }

  /** Names what follows. */
  step(name: string): void {
    this.#step = name;
  }

  /** Asks and writes down; returns the answer as it was. */
  async ask(call: Call): Promise<Answer> {
    const answer = await this.#call(call);
    const { method = 'GET', path } = call;
    const asked = `${method} ${path.replace(/continue=[^&]+/, 'continue=TOKEN').replace(/resourceVersion=\d{2,}/, 'resourceVersion=N')}`;
    this.entries.push({ step: this.#step, asked, status: answer.status, answer: normalise(answer.body) });
    return answer;
  }

  /** Writes down something that was found out from answers. */
  found(what: string, answer: unknown): void {
    this.entries.push({ step: this.#step, asked: what, status: 0, answer });
  }

  async get(path: string): Promise<Answer> {
    return this.ask({ path });
  }

  async post(path: string, body: unknown): Promise<Answer> {
    return this.ask({ method: 'POST', path, body });
  }

  async patch(
    path: string,
    kind: 'merge' | 'strategic-merge' | 'json' | 'apply',
    body: unknown,
  ): Promise<Answer> {
    const type = kind === 'apply' ? 'application/apply-patch+yaml' : `application/${kind}-patch+json`;
    return this.ask({ method: 'PATCH', path, body, type });
  }
}

/** A field of an answer by its path, as text. */
export function at({ body }: Answer, ...path: string[]): string {
  const value = path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    body,
  );
  return String(value);
}
