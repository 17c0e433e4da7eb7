import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ZonebridgeError } from '../core/errors.ts';
import type { Clock, Secrets } from '../core/ports.ts';
import { errorName, translate } from './service-errors.ts';

const defaultMaxAge = 60_000;

/** What the service says when a secret is not there, has no current value or waits for its deletion. */
const missing = new Set(['ResourceNotFoundException', 'InvalidRequestException']);

/** Current values, kept for a minute, so that a rotated credential takes effect without a deployment. */
export class CachedSecrets implements Secrets {
  readonly #client: SecretsManagerClient;
  readonly #clock: Clock;
  readonly #maxAge: number;
  readonly #values = new Map<string, { until: number; value: Promise<string> }>();

  /** `maxAge` in milliseconds. */
  constructor(options: { client: SecretsManagerClient; clock: Clock; maxAge?: number }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#maxAge = options.maxAge ?? defaultMaxAge;
  }

  read(name: string): Promise<string> {
    const known = this.#values.get(name);
    if (known && known.until > this.#clock.now()) return known.value;
    const value = this.#fetch(name);
    const entry = { until: this.#clock.now() + this.#maxAge, value };
    this.#values.set(name, entry);
    value.catch(() => {
      if (this.#values.get(name) === entry) this.#values.delete(name);
    });
    return value;
  }

  /** After the firewall refused the credential: the next read asks the service again. */
  forget(name: string): void {
    this.#values.delete(name);
  }

  async #fetch(name: string): Promise<string> {
    let text: string | undefined;
    try {
      text = (await this.#client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
    } catch (error) {
      if (missing.has(errorName(error))) {
        throw new ZonebridgeError('secret/missing', `Secret ${name} has no value`, { cause: error });
      }
      throw translate(error, 'Secrets Manager');
    }
    if (text === undefined || text.trim() === '') {
      throw new ZonebridgeError('secret/missing', `Secret ${name} is empty`);
    }
    return text;
  }
}
