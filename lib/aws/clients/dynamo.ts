import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inRegion } from './settings.ts';

let client: DynamoDBClient | undefined;

export function dynamoClient(region?: string, hasty = false): DynamoDBClient {
  client ??= new DynamoDBClient(inRegion(region, hasty));
  return client;
}
