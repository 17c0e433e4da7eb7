import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';

const { ports, configurations } = composeFunction();
const processor = new BatchProcessor(EventType.SQS);

/** Requests to compare a firewall: from the schedule, from a sync, or from a person. */
export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event: SQSEvent, context: Context) =>
  processPartialResponse(
    event,
    (record: SQSRecord) => reconcileMessage(ports, configurations, record.body),
    processor,
    {
      context,
      throwOnFullBatchFailure: false,
    },
  ),
);
