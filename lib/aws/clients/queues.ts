import { SQSClient } from '@aws-sdk/client-sqs';
import { inRegion } from './settings.ts';

let client: SQSClient | undefined;

export function queuesClient(region?: string): SQSClient {
  client ??= new SQSClient(inRegion(region));
  return client;
}
