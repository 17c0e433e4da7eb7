import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { composeCompute } from '../../lib/app/compose-compute.ts';
import { composeFunction } from '../../lib/app/compose.ts';
import { hearOfHosts, lookAtHosts } from '../../lib/app/hosts/tell-hosts.ts';
import { hostsOfQueue } from '../../lib/app/names.ts';
import type { ActiveCluster } from '../../lib/app/state/configurations.ts';
import { figures } from '../figures.ts';

const app = composeFunction();
const compute = composeCompute();
const computeOf = ({ region, readRole }: ActiveCluster) => compute({ region, readRole });

/** Every minute, by schedule; and messages of the queues of hosts, one after the other. */
export const handler = middy<Partial<SQSEvent>, SQSBatchResponse | undefined>()
  .use(figures(app, 'tell-hosts'))
  .handler(async ({ Records }: Partial<SQSEvent>) => {
    if (Records === undefined) {
      await lookAtHosts(app, computeOf);
      return undefined;
    }
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const { body, eventSourceARN, messageId } of Records) {
      const key = hostsOfQueue(app.ports.hub, eventSourceARN);
      try {
        await hearOfHosts(app, computeOf, { key, body });
      } catch (error) {
        app.ports.telemetry.warn('message goes back to its queue', { hosts: key, error: String(error) });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  });
