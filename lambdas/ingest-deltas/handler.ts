import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const processor = new BatchProcessor(EventType.SQS);

/** Messages of the ingest queue; one that must be tried again is returned alone. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'ingest-deltas'))
  .handler((event: SQSEvent, context: Context) =>
    processPartialResponse(
      event,
      (record: SQSRecord) => ingestMessage(app.ports, app.configurations, record.body),
      processor,
      {
        context,
        throwOnFullBatchFailure: false,
      },
    ),
  );
