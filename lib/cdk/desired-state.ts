import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { signingKeysOf } from '../app/configuration/signing-keys.ts';
import { desiredEnvironment } from '../app/environment.ts';
import { names } from '../app/names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Monitoring } from './monitoring.ts';
import { byPrefix, queueArn, sendRight } from './rights.ts';
import type { Right } from './roles.ts';
import { Schedules } from './schedules.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface DesiredStateRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  undelivered: Queue;
  /** Some cluster lets its AddressGroup resources be made groups. */
  admits: boolean;
}

/** Longer than any agent reads a manifest that it fetched: what was replaced goes then. */
const keepReplaced = Duration.days(30);

/** What clusters shall have: a bucket for it, the key that signs it, and the function that publishes. Only where some cluster lets us write. */
export class DesiredState extends Construct {
  readonly function: ZonebridgeFunction;
  /** That in force first. */
  readonly keys: readonly Key[];

  constructor(scope: Construct, id: string, request: DesiredStateRequest) {
    super(scope, id);
    const { surroundings, undelivered } = request;
    this.keys = signingKeysOf(surroundings.hub).map((number) => this.signingKey(surroundings, number));
    this.function = this.publisher(request, this.bucket(surroundings));
    const { lambda } = this.function;
    // The next minute does the same: nothing to retry.
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const schedules = new Schedules(this, 'Schedule', {
      surroundings,
      right: { sid: 'Publish', actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] },
      targetArn: lambda.functionArn,
      deadLetters: undelivered,
    });
    schedules.every('EveryMinute', 1, {
      input: {},
      keepSeconds: 60,
      description: 'Publishes what clusters shall have',
    });
  }

  private publisher(
    { surroundings, monitoring, admits }: DesiredStateRequest,
    bucket: Bucket,
  ): ZonebridgeFunction {
    const hub = surroundings.hub;
    return new ZonebridgeFunction(this, 'PublishDesired', {
      surroundings,
      monitoring,
      useCase: 'publish-desired',
      description: 'Every minute: publishes what clusters shall have, signed, and wakes their agents',
      // It may wait for the lease of a run, as an apply of a person does.
      timeout: Duration.seconds(170),
      memoryMb: 512,
      services: ['s3'],
      environment: desiredEnvironment(bucket.bucketName, signingKeysOf(hub)),
      rights: [
        {
          sid: 'WritesDesiredState',
          actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
          resources: [
            Stack.of(this).formatArn({
              service: 's3',
              region: '',
              account: '',
              resource: `${names.desiredBucket(hub)}/*`,
            }),
          ],
          wildcard:
            'A few objects for each cluster of the active configuration, in a bucket for nothing else.',
        },
        { sid: 'TellsMissingFromForbidden', actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
        {
          sid: 'SignsDesiredState',
          actions: ['kms:Sign', 'kms:Verify'],
          resources: this.keys.map(({ keyArn }) => keyArn),
        },
        sendRight('WakesAgents', [queueArn(Stack.of(this), names.agentQueue(hub.name, '*'))], byPrefix),
        ...(admits ? admittingRights(Stack.of(this), hub.name) : []),
      ],
    });
  }

  /** It outlives the stack: agents know its public half, and nobody can make the same key again. */
  private signingKey({ hub }: Surroundings, number: number): Key {
    return new Key(this, number === 1 ? 'Key' : `Key${number}`, {
      alias: names.desiredKey(hub.name, number),
      description: `Signs what Zonebridge hub ${hub.name} wants in clusters`,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private bucket({ hub, key }: Surroundings): Bucket {
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: names.desiredBucket(hub),
      // A manifest names versions, so that an agent reads together what was published together.
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ noncurrentVersionExpiration: keepReplaced }],
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
    });
    acknowledge(bucket, {
      id: 'AwsSolutions-S1',
      reason:
        'Who reads it is recorded by data events of CloudTrail where that is wanted; what is in it is signed, and made anew from the tables.',
    });
    return bucket;
  }
}

/** What an apply needs: releases in the ledger, marks, the walk, and waking up; and for the status of groups what waits for firewalls. Only where resources become groups. */
function admittingRights(stack: Stack, hub: string): Right[] {
  const table = (name: string): string =>
    stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: names.table(hub, name) });
  return [
    {
      sid: 'ReleasesAndMarks',
      actions: [
        'dynamodb:ConditionCheckItem',
        'dynamodb:DeleteItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
      resources: [table('dirty'), table('ledger')],
    },
    { sid: 'SeesWhatWaits', actions: ['dynamodb:Query'], resources: [table('dirty')] },
    sendRight('StartsWalks', [queueArn(stack, names.ingestQueue(hub))]),
    sendRight('WakesNetworks', [queueArn(stack, names.wakeQueue(hub, '*'))], byPrefix),
  ];
}
