import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { EndpointRecord } from './endpoint.ts';

/** The first 128 bits of SHA-256 of a text, as 32 hex digits. */
export function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 32);
}

/** Content hash of a record (16 hex digits), independent of the order of its keys. Agent and hub must agree. */
export function contentHash(record: EndpointRecord): string {
  return digest(stableJson(record)).slice(0, 16);
}

/** JSON with sorted keys and without undefined fields. */
export function stableJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${JSON.stringify(key)}:${stableJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value);
}
