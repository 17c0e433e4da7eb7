import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ZonebridgeError } from '../core/errors.ts';
import type { SecretStore } from '../core/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** Stores values in Secrets Manager; the secrets themselves are made by the deployment. */
export class SecretWriter implements SecretStore {
  readonly #client: SecretsManagerClient;

  constructor(client: SecretsManagerClient) {
    this.#client = client;
  }

  async write(name: string, value: string): Promise<void> {
    try {
      await this.#client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
    } catch (error) {
      if (errorName(error) !== 'ResourceNotFoundException') throw translate(error, 'Secrets Manager');
      throw new ZonebridgeError('hub/missing', `There is no secret ${name}`, { cause: error });
    }
  }
}
