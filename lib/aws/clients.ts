import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * One client of a service per process; connections are kept alive. A call that got no answer is tried three times,
 * so that the longest wait stays below a third of the time-outs of our functions.
 */
const settings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

let dynamo: DynamoDBClient | undefined;
let queues: SQSClient | undefined;
let secrets: SecretsManagerClient | undefined;

// Separate functions, so that a bundle holds only the clients it uses.

export function dynamoClient(): DynamoDBClient {
  dynamo ??= new DynamoDBClient(settings);
  return dynamo;
}

export function queuesClient(): SQSClient {
  queues ??= new SQSClient(settings);
  return queues;
}

export function secretsClient(): SecretsManagerClient {
  secrets ??= new SecretsManagerClient(settings);
  return secrets;
}
