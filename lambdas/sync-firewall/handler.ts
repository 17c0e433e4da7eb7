import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeDeviceFunction } from '../../lib/app/compose-devices.ts';
import { takeWakeUp } from '../../lib/app/sync/take-wake-up.ts';
import { deliveryOf } from '../delivery.ts';
import { figures } from '../figures.ts';

const app = composeDeviceFunction();

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
