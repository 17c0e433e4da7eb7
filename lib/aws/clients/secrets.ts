import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { inRegion } from './settings.ts';

let client: SecretsManagerClient | undefined;

export function secretsClient(region?: string, hasty = false): SecretsManagerClient {
  client ??= new SecretsManagerClient(inRegion(region, hasty));
  return client;
}
