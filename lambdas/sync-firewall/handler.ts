import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { takeWakeUp } from '../../lib/app/sync/take-wake-up.ts';
import { deliveryOf } from '../delivery.ts';
import { figures } from '../figures.ts';

const app = composeFunction();

/** One wake-up at a time. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'sync-firewall'))
  .handler(async (event: SQSEvent) => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of event.Records) {
      const done = await takeWakeUp(app, deliveryOf(app, record));
      if (!done) batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
