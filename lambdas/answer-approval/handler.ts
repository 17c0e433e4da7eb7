import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { answerApproval } from '../../lib/app/commands/answer-approval.ts';
import { composeFunction } from '../../lib/app/compose.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const processor = new BatchProcessor(EventType.SQS);

/** Answers of ticket systems to requests for approval. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'answer-approval'))
  .handler((event: SQSEvent, context: Context) =>
    processPartialResponse(event, answer, processor, { context, throwOnFullBatchFailure: false }),
  );

async function answer(record: SQSRecord): Promise<void> {
  await answerApproval(app, record.body);
}
