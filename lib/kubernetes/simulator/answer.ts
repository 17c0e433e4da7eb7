import type { ServerResponse } from 'node:http';
import type { Refusal } from './refusal.ts';
import { type Stored, whole } from './store/stored.ts';

/** A complete answer, or one that writes itself for as long as it is open. */
export type Answer = { status: number; headers: Record<string, string>; body: string } | Stream;

export interface Stream {
  stream: (response: ServerResponse) => void;
}

export function json(status: number, body: unknown): Answer {
  return text(status, `${JSON.stringify(body)}\n`);
}

export function text(status: number, body: string, type = 'application/json'): Answer {
  return { status, headers: { 'content-type': type, 'cache-control': 'no-cache, private' }, body };
}

export function shown(status: number, stored: Stored): Answer {
  return text(status, `${whole(stored)}\n`);
}

export function refused(refusal: Refusal): Answer {
  const answer = text(refusal.status, `${JSON.stringify(refusal.body())}\n`);
  const seconds = refusal.details?.retryAfterSeconds;
  if (seconds !== undefined && 'headers' in answer) answer.headers['retry-after'] = String(seconds);
  return answer;
}
