import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { keyRights } from './rights.ts';
import { exactRole, type Right } from './roles.ts';
import type { Surroundings } from './settings.ts';

export interface SchedulesRequest {
  surroundings: Surroundings;
  /** What the scheduler does at each tick. */
  right: Right;
  targetArn: string;
  /** Takes ticks that could not be delivered. */
  deadLetters: Queue;
}

/** One day, the most that the scheduler takes. */
const longestEventAge = 86_400;

/** Schedules of one target, with one role that may do just that. */
export class Schedules extends Construct {
  private readonly request: SchedulesRequest;
  private readonly roleArn: string;

  constructor(scope: Construct, id: string, request: SchedulesRequest) {
    super(scope, id);
    this.request = request;
    const stack = Stack.of(this);
    const role = exactRole(this, 'Role', {
      surroundings: request.surroundings,
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
      description: 'Rights of the schedules',
      rights: [
        request.right,
        { sid: 'Undelivered', actions: ['sqs:SendMessage'], resources: [request.deadLetters.queueArn] },
        ...keyRights(stack, request.surroundings, ['sqs']),
      ],
    });
    this.roleArn = role.roleArn;
  }

  /** A tick that is not delivered within `keepSeconds` is dropped: the next one does the same. */
  every(
    id: string,
    minutes: number,
    options: { input: object; keepSeconds: number; description: string },
  ): void {
    new CfnSchedule(this, id, {
      description: options.description,
      scheduleExpression: minutes === 1 ? 'rate(1 minute)' : `rate(${minutes} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.request.targetArn,
        roleArn: this.roleArn,
        input: JSON.stringify(options.input),
        retryPolicy: {
          maximumEventAgeInSeconds: Math.min(options.keepSeconds, longestEventAge),
          maximumRetryAttempts: 2,
        },
        deadLetterConfig: { arn: this.request.deadLetters.queueArn },
      },
    });
  }
}
