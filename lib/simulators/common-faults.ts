import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { faultFields, plainFault } from './fault-list.ts';
import { pageAnswer } from './http.ts';
import type { Reply } from './server.ts';

/** What can go wrong with any HTTPS API, whatever the vendor; spread into the union of a simulator's own faults. */
export const commonFaults = [
  /** 429 without the vendor's envelope, as a web server in front of it answers. */
  z.strictObject({
    kind: z.literal('throttle'),
    retryAfterSeconds: z.int().min(0).optional(),
    ...faultFields,
  }),
  /** Waits, then handles the request. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(0), ...faultFields }),
  /** Cuts the connection; the request is not handled. */
  plainFault('drop'),
  /** Handles the request, then cuts the connection: the reply is lost. */
  plainFault('drop-after-commit'),
  /** 500 with a page instead of the vendor's envelope. */
  plainFault('server-error'),
  /** 200 with the login page. */
  plainFault('login-page'),
  /** Cuts this connection and all others and refuses new ones for a while; `immediately` does not wait for a request. */
  z.strictObject({
    kind: z.literal('down'),
    milliseconds: z.int().min(1),
    immediately: z.boolean().default(false),
    ...faultFields,
  }),
] as const;

export type CommonFault = z.infer<(typeof commonFaults)[number]>;

const commonKinds: ReadonlySet<string> = new Set(commonFaults.map(({ shape }) => shape.kind.value));

/** Whether the frame acts on a fault by itself. */
export function isCommon(fault: { kind: string }): fault is CommonFault {
  return commonKinds.has(fault.kind);
}

/**
 * Answers a request under the common faults that hit it: they act in the order they were set, the first answer counts. `goDown` is
 * called, not awaited: it waits for the very connection to end.
 */
export async function underCommonFaults(
  faults: readonly CommonFault[],
  goDown: (milliseconds: number) => void,
  handle: () => Reply | Promise<Reply>,
): Promise<Reply> {
  let loseReply = false;
  for (const fault of faults) {
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.milliseconds);
        break;
      case 'drop-after-commit':
        loseReply = true;
        break;
      case 'drop':
        return 'cut';
      case 'down':
        goDown(fault.milliseconds);
        return 'cut';
      case 'throttle': {
        const seconds = fault.retryAfterSeconds;
        return pageAnswer(
          429,
          'Too many requests',
          seconds === undefined ? {} : { 'retry-after': String(seconds) },
        );
      }
      case 'server-error':
        return pageAnswer(500, 'Internal server error');
      case 'login-page':
        return pageAnswer(200, 'Login');
    }
  }
  const answer = await handle();
  return loseReply ? 'cut' : answer;
}
