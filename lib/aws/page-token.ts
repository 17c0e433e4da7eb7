import type { Key, Query } from '../core/ports.ts';

/** Where a page ended: the last key and, for an index, the index's key. */
export function writePageToken(last: { pk: string; sk?: string | undefined }): string {
  return Buffer.from(JSON.stringify([last.pk, last.sk ?? null])).toString('base64url');
}

/** Throws a TypeError for anything that `writePageToken` did not make. */
export function readPageToken(query: Query & { after: string }): Key {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(query.after, 'base64url').toString());
  } catch {
    parts = undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 2) throw new TypeError('`after` is not the end of a page');
  const [pk, sk]: unknown[] = parts;
  if (typeof pk !== 'string' || (sk !== null && typeof sk !== 'string')) {
    throw new TypeError('`after` is not the end of a page');
  }
  if (query.index === undefined && pk !== query.pk)
    throw new TypeError('`after` belongs to another partition');
  return { table: query.table, pk, ...(sk === null ? {} : { sk }) };
}
