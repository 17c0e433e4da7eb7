import { KMSClient } from '@aws-sdk/client-kms';
import { inRegion } from './settings.ts';

let client: KMSClient | undefined;

export function keysClient(region?: string): KMSClient {
  client ??= new KMSClient(inRegion(region));
  return client;
}
