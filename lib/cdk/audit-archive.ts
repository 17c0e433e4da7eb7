import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AuditSettings, auditSettings } from '../app/configuration/audit-settings.ts';
import { archiveEnvironment } from '../app/environment.ts';
import { names } from '../app/names.ts';
import { acknowledge } from './acknowledge.ts';
import type { Monitoring } from './monitoring.ts';
import { deadLetterQueue, watchDeadLetters } from './queues.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface AuditArchiveRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** The table whose changes are the record. */
  ledger: Table;
}

/** Changes that wait so long make one object and one call. */
const collect = Duration.seconds(10);
/** A little less than the day for which a stream keeps its changes: what is given up is still there to be looked at. */
const longestAge = Duration.hours(23);
/** In milliseconds; an hour is far more than a batch takes and far less than a day. */
const lateMs = 15 * 60_000;

/** Every change of the ledger goes from its stream into a bucket where nobody changes or deletes it, and into the index for questions. */
export class AuditArchive extends Construct {
  readonly function: ZonebridgeFunction;

  constructor(scope: Construct, id: string, request: AuditArchiveRequest) {
    super(scope, id);
    const { surroundings, monitoring, ledger } = request;
    const { hub } = surroundings;
    const settings = auditSettings(hub);
    const bucket = this.bucket(surroundings, settings);
    const lost = this.lostQueue(request);
    this.function = new ZonebridgeFunction(this, 'ArchiveChanges', {
      surroundings,
      monitoring,
      useCase: 'archive-changes',
      description: 'Writes every change of the ledger into the audit archive and its index',
      timeout: Duration.seconds(120),
      memoryMb: 512,
      services: ['s3'],
      environment: archiveEnvironment(bucket.bucketName, settings.historyDays),
      rights: [
        ...streamRights(ledger, hub.name),
        { sid: 'GivesUp', actions: ['sqs:SendMessage'], resources: [lost.queueArn] },
        {
          sid: 'AddsToArchive',
          actions: ['s3:GetObject', 's3:PutObject'],
          resources: [objectsOf(Stack.of(this), `${names.archiveBucket(hub)}/${hub.name}/*`)],
          wildcard:
            'One object a batch: their names are made while it runs. They can be added and read, not changed or deleted.',
        },
        { sid: 'FindsEndOfArchive', actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
      ],
    });
    new EventSourceMapping(this, 'FromLedger', {
      target: this.function.lambda,
      eventSourceArn: ledger.tableStreamArn ?? '',
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 1000,
      maxBatchingWindow: collect,
      bisectBatchOnError: true,
      maxRecordAge: longestAge,
      onFailure: new SqsDlq(lost),
    });
    this.watchAge(monitoring);
  }

  /** It outlives the stack, and a lock, once set, outlives everybody's rights. */
  private bucket({ hub, key }: Surroundings, { lock, retainDays }: AuditSettings): Bucket {
    const retention = Duration.days(retainDays);
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: names.archiveBucket(hub),
      versioned: true,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(lock === 'none'
        ? {}
        : {
            objectLockEnabled: true,
            objectLockDefaultRetention:
              lock === 'compliance'
                ? ObjectLockRetention.compliance(retention)
                : ObjectLockRetention.governance(retention),
          }),
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'NobodyDeletes',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: [
          's3:DeleteObject',
          's3:DeleteObjectVersion',
          's3:PutObjectRetention',
          's3:BypassGovernanceRetention',
        ],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    acknowledge(bucket, {
      id: 'AwsSolutions-S1',
      reason:
        'Who reads the archive is recorded by data events of CloudTrail where that is wanted; a second bucket for access logs would need the same care as this one.',
    });
    return bucket;
  }

  /** Only where a batch lies, not the batch: Lambda hands over no more of a stream. */
  private lostQueue({ surroundings, monitoring }: AuditArchiveRequest): Queue {
    const queue = deadLetterQueue(this, 'Lost', surroundings);
    acknowledge(queue, {
      id: 'AwsSolutions-SQS3',
      reason: 'It takes what the function gave up after 23 hours, a use this check does not see.',
    });
    watchDeadLetters(queue, monitoring, {
      subject: 'audit',
      summary: 'Changes could not be archived for 23 hours; in another hour their stream forgets them.',
    });
    return queue;
  }

  private watchAge(monitoring: Monitoring): void {
    monitoring.watch(this, {
      severity: 'high',
      article: 'audit-behind',
      subject: 'archive',
      summary:
        'Changes have waited for more than a quarter of an hour to be archived; after 24 hours they are lost.',
      metric: this.function.lambda.metric('IteratorAge', {
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: lateMs,
      missing: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** By the agreed name: what a reason is given for must be text. */
function objectsOf(stack: Stack, path: string): string {
  return stack.formatArn({ service: 's3', region: '', account: '', resource: path });
}

function streamRights(ledger: Table, hub: string): Right[] {
  const stack = Stack.of(ledger);
  const streams = stack.formatArn({
    service: 'dynamodb',
    resource: 'table',
    resourceName: `${names.table(hub, 'ledger')}/stream/*`,
  });
  return [
    {
      sid: 'LedgerStream',
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      resources: [ledger.tableStreamArn ?? ''],
    },
    {
      sid: 'FindsStream',
      actions: ['dynamodb:ListStreams'],
      resources: [streams],
      wildcard: 'The name of a stream holds the moment at which it was made; the table is named.',
    },
  ];
}
