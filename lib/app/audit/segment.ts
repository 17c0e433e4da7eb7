import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { stableJson } from '../../core/model/content-hash.ts';
import { type AuditRecord, auditRecord } from './record.ts';

/** First line of an object of the archive. */
const header = z.object({
  schema: z.literal(1),
  hub: z.string(),
  /** The firewall, or `_hub`. */
  subject: z.string(),
  day: z.string(),
  /** Counts the objects of a subject from 1, over all days. */
  sequence: z.number(),
  /** Hash of the object before; empty in the first. */
  previous: z.string(),
  count: z.number(),
  writtenAt: z.number(),
});
export type SegmentHeader = z.infer<typeof header>;

/** One object of the archive: a header and records as JSON lines, compressed. */
export interface Segment {
  header: SegmentHeader;
  records: AuditRecord[];
  /** SHA-256 of the lines, which the next object names. */
  hash: string;
}

const sequenceDigits = 10;

export function segmentKey({
  hub,
  subject,
  day,
  sequence,
}: Omit<SegmentHeader, 'schema' | 'previous' | 'count' | 'writtenAt'>): string {
  return `${hub}/${subject}/${day}/${String(sequence).padStart(sequenceDigits, '0')}.jsonl.gz`;
}

/** What a key says; undefined for one that is none of ours. */
export function parseSegmentKey(key: string): { subject: string; day: string; sequence: number } | undefined {
  const match = /^[^/]+\/([^/]+)\/(\d{4}-\d\d-\d\d)\/(\d{10})\.jsonl\.gz$/.exec(key);
  if (!match) return undefined;
  const [, subject = '', day = '', sequence = ''] = match;
  return { subject, day, sequence: Number(sequence) };
}

export function writeSegment(
  about: Omit<SegmentHeader, 'schema' | 'count'>,
  records: readonly AuditRecord[],
): { body: Uint8Array; hash: string } {
  const first: SegmentHeader = { schema: 1, ...about, count: records.length };
  const text = [first, ...records].map((line) => `${stableJson(line)}\n`).join('');
  return { body: gzipSync(text), hash: hashOf(text) };
}

/** Throws a `TypeError` that says what is wrong with an object. */
export function readSegment(body: Uint8Array): Segment {
  const text = gunzipSync(body, { maxOutputLength: 256 * 1024 * 1024 }).toString('utf8');
  const [first = '', ...lines] = text.split('\n').slice(0, -1);
  try {
    const records = lines.map((line) => auditRecord.parse(JSON.parse(line)));
    return { header: header.parse(JSON.parse(first)), records, hash: hashOf(text) };
  } catch (cause) {
    throw new TypeError('its lines are not those of an audit archive', { cause });
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
