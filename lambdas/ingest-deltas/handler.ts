import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { ingestMessage } from '../../lib/app/ingest/ingest-event.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const processor = new BatchProcessor(EventType.SQS);
const longestPauseSeconds = 120;

/** Messages of the ingest queue; one that must be tried again is returned alone, after 2, 4, 8 ... 120 s instead of the queue's long visibility. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'ingest-deltas'))
  .handler((event: SQSEvent, context: Context) =>
    processPartialResponse(event, ingestRecord, processor, { context, throwOnFullBatchFailure: false }),
  );

async function ingestRecord(record: SQSRecord): Promise<void> {
  try {
    await ingestMessage(app.ports, app.configurations, record.body);
  } catch (error) {
    const tries = Number(record.attributes.ApproximateReceiveCount);
    app.ports.telemetry.warn('message goes back to its queue', { tries, error: String(error) });
    await app.postpone(record, Math.min(longestPauseSeconds, 2 ** tries));
    throw error;
  }
}
