import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';

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
let objects: S3Client | undefined;
let identities: STSClient | undefined;
let events: EventBridgeClient | undefined;

/** Functions run where their environment says; the command line names the region of its hub. One process works with one. */
function inRegion(region: string | undefined): typeof settings & { region?: string } {
  return region === undefined ? settings : { ...settings, region };
}

// Separate functions, so that a bundle holds only the clients it uses.

export function dynamoClient(region?: string): DynamoDBClient {
  dynamo ??= new DynamoDBClient(inRegion(region));
  return dynamo;
}

export function queuesClient(region?: string): SQSClient {
  queues ??= new SQSClient(inRegion(region));
  return queues;
}

export function secretsClient(region?: string): SecretsManagerClient {
  secrets ??= new SecretsManagerClient(inRegion(region));
  return secrets;
}

export function objectsClient(region?: string): S3Client {
  // Buckets by path: the emulator of the sandbox has no names below its address.
  objects ??= new S3Client({ ...inRegion(region), forcePathStyle: true });
  return objects;
}

export function identitiesClient(region?: string): STSClient {
  identities ??= new STSClient(inRegion(region));
  return identities;
}

export function eventsClient(region?: string): EventBridgeClient {
  events ??= new EventBridgeClient(inRegion(region));
  return events;
}
