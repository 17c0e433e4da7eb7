import type { SQSRecord } from 'aws-lambda';
import type { FunctionApp } from '../lib/app/compose.ts';
import type { Delivery } from '../lib/app/deliveries.ts';

/** A record of a queue's event as the use cases know it. */
export function deliveryOf(app: FunctionApp, record: SQSRecord): Delivery {
  return {
    body: record.body,
    group: record.attributes.MessageGroupId,
    tries: Number(record.attributes.ApproximateReceiveCount),
    postpone: (seconds) => app.postpone(record, seconds),
  };
}
