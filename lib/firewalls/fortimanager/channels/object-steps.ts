import type { ZonebridgeError } from '../../../core/errors.ts';
import { elementsMax, type FortimanagerClient, type Method, type Param } from '../client.ts';
import { statusError } from '../errors.ts';
import type { InstallStep } from '../install.ts';
import type { Item } from './object-items.ts';

/** One element of a request, and what depends on it. */
export interface Step {
  param: Param;
  items: readonly Item[];
  /** Refusals that mean that it is done already, or need not be. */
  mayFail?: (error: ZonebridgeError) => boolean;
  install?: InstallStep;
  /** Told of a refusal, beside the items. */
  failed?: (error: ZonebridgeError) => void;
}

/** Sends steps in few requests, each of which fails alone, and remembers what has to be installed. */
export class StepSender {
  readonly #client: FortimanagerClient;
  /** By object, so that each is installed once. */
  readonly #installs = new Map<string, InstallStep>();

  constructor(client: FortimanagerClient) {
    this.#client = client;
  }

  get installs(): InstallStep[] {
    return [...this.#installs.values()];
  }

  toInstall(step: InstallStep): void {
    if (!this.#installs.has(step[1])) this.#installs.set(step[1], step);
  }

  /** False when nothing was taken. */
  async send(method: Exclude<Method, 'get'>, steps: readonly Step[]): Promise<boolean> {
    let taken = false;
    for (let at = 0; at < steps.length; at += elementsMax) {
      const part = steps.slice(at, at + elementsMax);
      const elements = await this.#client.write(
        method,
        part.map(({ param }) => param),
      );
      for (const [index, step] of part.entries()) {
        const status = elements[index]?.status ?? { code: -1, message: 'no answer' };
        const error = status.code === 0 ? undefined : statusError(`${method} ${step.param.url}`, status);
        if (error && !step.mayFail?.(error)) fail(step, error);
        else this.#took(step, error);
        taken ||= error === undefined;
      }
    }
    return taken;
  }

  /** A refusal that means "done already" counts. An object that stays, because something uses it, is not taken away. */
  #took({ install }: Step, error: ZonebridgeError | undefined): void {
    if (install && error?.code !== 'firewall/object-in-use') this.toInstall(install);
  }
}

/** Nothing of a step was done. */
export function fail({ items, failed }: Step, error: ZonebridgeError): void {
  for (const item of items) item.error ??= error;
  failed?.(error);
}
