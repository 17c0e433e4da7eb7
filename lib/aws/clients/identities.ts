import { STSClient } from '@aws-sdk/client-sts';
import { inRegion } from './settings.ts';

let client: STSClient | undefined;

export function identitiesClient(region?: string): STSClient {
  client ??= new STSClient(inRegion(region));
  return client;
}
