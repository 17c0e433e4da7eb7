import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeFunction } from '../../lib/app/compose.ts';
import { comesBackAfter, parseWakeUp } from '../../lib/app/sync/wake-up.ts';
import { syncFirewall } from '../../lib/app/sync/sync-firewall.ts';
import { figures } from '../figures.ts';

const app = composeFunction();

/** One wake-up at a time; a firewall that is ill gets it back after 2, 4, 8 ... 60 s. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(figures(app, 'sync-firewall'))
  .handler(async (event: SQSEvent) => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of event.Records) {
      const writerKey = parseWakeUp(record.body);
      if (writerKey === undefined) continue;
      const end = await syncFirewall(app.ports, app.configurations, writerKey);
      const seconds = comesBackAfter(end, record.attributes.MessageGroupId);
      if (seconds === undefined) continue;
      await app.postpone(record, seconds);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
    return { batchItemFailures };
  });
