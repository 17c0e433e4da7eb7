import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { composeDeviceFunction } from '../../lib/app/compose-devices.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import { figures } from '../figures.ts';

const app = composeDeviceFunction();
const processor = new BatchProcessor(EventType.SQS);

/** Requests to compare a firewall: from the schedule, from a sync, or from a person. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'reconcile-firewall'))
  .handler((event: SQSEvent, context: Context) =>
    processPartialResponse(
      event,
      (record: SQSRecord) => reconcileMessage(app.ports, app.configurations, record.body),
      processor,
      {
        context,
        throwOnFullBatchFailure: false,
      },
    ),
  );
