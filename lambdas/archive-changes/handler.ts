import middy from '@middy/core';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { archiveChanges } from '../../lib/app/audit/archive-changes.ts';
import { composeArchiveFunction } from '../../lib/app/compose-archive.ts';
import { figures } from '../figures.ts';

const app = composeArchiveFunction();

/** Changes of the ledger, in order; a batch that fails is delivered again until it works, for as long as the stream keeps it. */
export const handler = middy<DynamoDBStreamEvent, void>()
  .use(figures(app, 'archive-changes'))
  .handler(async (event: DynamoDBStreamEvent) => {
    await archiveChanges(app.audit, app.changesOf(event.Records), app);
  });
