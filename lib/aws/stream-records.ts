import type { Item } from '../core/ports.ts';
import { type Attributes, readAttributes } from './dynamodb-expressions.ts';

/** One record of a table's stream as Lambda hands it over; only what is used. */
export interface StreamRecord {
  eventID?: string | undefined;
  dynamodb?:
    | {
        SequenceNumber?: string | undefined;
        /** Seconds since 1970. */
        ApproximateCreationDateTime?: number | undefined;
        Keys?: unknown;
        OldImage?: unknown;
        NewImage?: unknown;
      }
    | undefined;
}

export interface TableChange {
  id: string;
  sequence: string;
  pk: string;
  sk: string;
  /** Milliseconds since 1970, to the second. */
  at: number;
  before: Item | undefined;
  after: Item | undefined;
}

/** Reads the records of a batch. Images have the form that DynamoDB itself gives. */
export function tableChanges(records: readonly StreamRecord[]): TableChange[] {
  return records.map(({ eventID, dynamodb = {} }) => {
    const sequence = dynamodb.SequenceNumber ?? '';
    const { key } = readAttributes('ledger', dynamodb.Keys as Attributes);
    return {
      id: eventID ?? sequence,
      sequence,
      pk: key.pk,
      sk: key.sk ?? '',
      at: Math.floor((dynamodb.ApproximateCreationDateTime ?? 0) * 1000),
      before: image(dynamodb.OldImage),
      after: image(dynamodb.NewImage),
    };
  });
}

function image(attributes: unknown): Item | undefined {
  return attributes === undefined ? undefined : readAttributes('ledger', attributes as Attributes).item;
}
