import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, refused } from '../answer.ts';
import { Refusal } from '../refusal.ts';
import type { Fault } from './fault.ts';

/** How much of an answer arrives: `stalled` is half of it on a connection that stays open. */
type Ending = 'whole' | 'half' | 'stalled' | 'cut';

/** What comes of a request: an answer, half of one, a connection that is cut or one that is left open. */
export type Outcome = { answer: Answer; ending: Ending } | 'cut' | 'silence';

type RequestFault = Exclude<Fault, { kind: `watch-${string}` }>;

/** Answers a request under the faults that hit it: they act in the order they were set, the first answer counts. */
export async function answerUnderFaults(
  faults: readonly Fault[],
  answer: () => Answer,
  restart: (milliseconds: number) => void,
): Promise<Outcome> {
  let ending: Ending = 'whole';
  for (const fault of faults.filter(actsOnRequest)) {
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.milliseconds);
        break;
      case 'reject':
        return { answer: refused(refusalOf(fault)), ending: 'whole' };
      case 'drop':
        return 'cut';
      case 'half-open':
        return 'silence';
      case 'drop-after-commit':
        ending = 'cut';
        break;
      case 'truncate':
        ending = 'half';
        break;
      case 'stall':
        ending = 'stalled';
        break;
      case 'restart':
        restart(fault.milliseconds);
        return 'cut';
    }
  }
  return { answer: answer(), ending };
}

/** Faults of watches act on their events. */
function actsOnRequest(fault: Fault): fault is RequestFault {
  return !fault.kind.startsWith('watch-');
}

const messages: Record<number, string | undefined> = {
  401: 'Unauthorized',
  429: 'Too many requests, please try again later.',
  500: 'an error on the server prevented the request from succeeding',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted',
  410: 'The provided continue parameter or resource version is too old.',
};

function refusalOf(fault: Extract<Fault, { kind: 'reject' }>): Refusal {
  const { message, reason, retryAfterSeconds, status } = fault;
  return new Refusal(status, message ?? messages[status] ?? `refused with ${status} by a fault`, {
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } }),
  });
}
