import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
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
    await called(name, this.#client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value })));
  }

  async stage(name: string, value: string, version: string): Promise<void> {
    const command = new PutSecretValueCommand({
      SecretId: name,
      SecretString: value,
      ClientRequestToken: version,
      VersionStages: ['AWSPENDING'],
    });
    await called(name, this.#client.send(command));
  }

  /** The service moves AWSPREVIOUS by itself when AWSCURRENT moves. */
  async promote(name: string, version: string): Promise<void> {
    const found = await called(name, this.#client.send(new DescribeSecretCommand({ SecretId: name })));
    const versions = Object.entries(found.VersionIdsToStages ?? {});
    const current = versions.find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];
    if (current === version) return;
    const command = new UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: version,
      ...(current === undefined ? {} : { RemoveFromVersionId: current }),
    });
    await called(name, this.#client.send(command));
  }

  async startRotation(name: string): Promise<void> {
    await called(name, this.#client.send(new RotateSecretCommand({ SecretId: name })));
  }
}

async function called<T>(name: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (errorName(error) !== 'ResourceNotFoundException') throw translate(error, 'Secrets Manager');
    throw new ZonebridgeError('hub/missing', `There is no secret ${name}`, { cause: error });
  }
}
