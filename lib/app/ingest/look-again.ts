import { names } from '../names.ts';
import type { Ports } from '../ports.ts';

/** The bus keeps no order: what an agent says of its shards may come before the changes that made them so. */
const looks = 3;
const lookAgainSeconds = 5;

/** An event of an agent as it was received, with how often it was looked at. */
export type LookedAt = Readonly<Record<string, unknown>>;

/** Whether the last look is over. */
export function isLastLook(event: LookedAt): boolean {
  return lookOf(event) >= looks;
}

/** Puts what is still open of an event back into the queue for another look. */
export async function lookAgain(ports: Ports, event: LookedAt, detail: unknown): Promise<void> {
  const body = JSON.stringify({ ...event, look: lookOf(event) + 1, detail });
  await ports.queues.send({ queue: names.ingestQueue(ports.hub), body, delaySeconds: lookAgainSeconds });
}

function lookOf(event: LookedAt): number {
  return typeof event['look'] === 'number' ? event['look'] : 1;
}
