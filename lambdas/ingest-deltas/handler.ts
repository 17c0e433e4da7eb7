import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { takeDelivery } from '../../lib/app/ingest/take-delivery.ts';
import { deliveryOf } from '../delivery.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const processor = new BatchProcessor(EventType.SQS);

/** Messages of the ingest queue; one that must be tried again is returned alone. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'ingest-deltas'))
  .handler((event: SQSEvent, context: Context) =>
    processPartialResponse(
      event,
      (record: SQSRecord) => takeDelivery(app, deliveryOf(app, record)),
      processor,
      { context, throwOnFullBatchFailure: false },
    ),
  );
