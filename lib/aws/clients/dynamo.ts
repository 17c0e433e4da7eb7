import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inRegion } from './settings.ts';

let client: DynamoDBClient | undefined;

export function dynamoClient(region?: string): DynamoDBClient {
  client ??= new DynamoDBClient(inRegion(region));
  return client;
}
