import { objectsClient } from '../aws/clients/objects.ts';
import { S3Archive } from '../aws/s3-archive.ts';
import { type StreamRecord, tableChanges } from '../aws/stream-records.ts';
import { ZonebridgeError } from '../core/errors.ts';
import type { ArchivePorts } from './audit/append.ts';
import type { StreamChange } from './audit/record.ts';
import { composeFunction, type FunctionApp } from './compose.ts';
import { readEnvironment } from './environment.ts';

/** What the function that writes the audit archive has beside the others. */
export interface ArchiveApp extends FunctionApp {
  audit: ArchivePorts;
  historyDays: number;
  /** Changes of a batch of the ledger's stream. */
  changesOf(records: readonly StreamRecord[]): StreamChange[];
}

export function composeArchiveFunction(): ArchiveApp {
  const app = composeFunction();
  const { archive: bucket, historyDays } = readEnvironment(process.env);
  if (bucket === undefined)
    throw new ZonebridgeError('configuration/missing', 'ZONEBRIDGE_ARCHIVE is not set');
  const archive = new S3Archive({ client: objectsClient(), bucket });
  const { hub, tables, clock } = app.ports;
  return { ...app, audit: { hub, tables, clock, archive }, historyDays, changesOf: tableChanges };
}
