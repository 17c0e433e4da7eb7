import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

/** What can go wrong with this manager beside what can go wrong with any; see the readme. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** An error in the manager's envelope; the request is not handled. */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599),
    description: z.string(),
    category: z.enum(['FRAMEWORK', 'VALIDATION', 'OTHER']).default('OTHER'),
    ...faultFields,
  }),
  ...commonFaults,
  plainFault('unauthorized'),
  plainFault('forbidden'),
  /** 429 because somebody else writes, such as a person who saves a policy; reads pass. */
  plainFault('locked'),
  /** 400 that asks to try again. */
  plainFault('try-again'),
  /** Access tokens end before the request is handled; `refresh: false`: those that renew them, too. */
  z.strictObject({ kind: z.literal('expire'), refresh: z.boolean().default(true), ...faultFields }),
  /** Handles the request, and answers with success and an error in the body. */
  plainFault('error-in-success'),
  /** An answer as it is given here; the request is not handled. */
  z.strictObject({
    kind: z.literal('answer'),
    status: z.int().min(200).max(599),
    body: z.json(),
    ...faultFields,
  }),
  /** Success, and nothing was done. */
  plainFault('lie'),
  /** What is configured is shown as it was when the fault was set. Assumption: no source tells of it; a reader between could. */
  plainFault('stale'),
]);

export type Fault = z.infer<typeof faultSchema>;
