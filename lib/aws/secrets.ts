import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ZonebridgeError } from '../core/errors.ts';
import type { Clock, Secrets, SecretStage } from '../core/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** How long a value is kept, in milliseconds. A rotation waits for longer before it takes the old key away. */
const defaultMaxAge = 60_000;

/** What the service says when a secret is not there, has no such value or waits for its deletion. */
const missing = new Set(['ResourceNotFoundException', 'InvalidRequestException']);

const labels: Readonly<Record<SecretStage, string>> = {
  current: 'AWSCURRENT',
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
};

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
    const value = this.#current(name);
    this.#remember(name, value);
    const entry = this.#values.get(name);
    value.catch(() => {
      if (this.#values.get(name) === entry) this.#values.delete(name);
    });
    return value;
  }

  async readStage(name: string, stage: SecretStage): Promise<string | undefined> {
    const text = await this.#fetch(name, stage);
    return text === undefined || text.trim() === '' ? undefined : text;
  }

  forget(name: string): void {
    this.#values.delete(name);
  }

  keep(name: string, value: string): void {
    this.#remember(name, Promise.resolve(value));
  }

  #remember(name: string, value: Promise<string>): void {
    this.#values.set(name, { until: this.#clock.now() + this.#maxAge, value });
  }

  async #current(name: string): Promise<string> {
    const text = await this.#fetch(name, 'current');
    if (text === undefined) throw new ZonebridgeError('secret/missing', `Secret ${name} has no value`);
    if (text.trim() === '') throw new ZonebridgeError('secret/missing', `Secret ${name} is empty`);
    return text;
  }

  async #fetch(name: string, stage: SecretStage): Promise<string | undefined> {
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: labels[stage] });
    try {
      return (await this.#client.send(command)).SecretString;
    } catch (error) {
      if (missing.has(errorName(error))) return undefined;
      throw translate(error, 'Secrets Manager');
    }
  }
}
