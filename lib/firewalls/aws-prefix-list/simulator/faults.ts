import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. Its path is looked for in `/<Action>`. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** An error of EC2 instead of handling the request. */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599).default(400),
    code: z.string().min(1),
    message: z.string().default('rejected by a fault'),
    ...faultFields,
  }),
  ...commonFaults,
  plainFault('unauthorized'),
  plainFault('forbidden'),
  /** `RequestLimitExceeded`, the throttling of EC2 itself. */
  plainFault('request-limit'),
  /** The change is accepted and ends as `modify-failed` or `delete-failed` with this message. */
  z.strictObject({
    kind: z.literal('change-fails'),
    message: z.string().default('internal failure'),
    ...faultFields,
  }),
  /** The change takes so long. */
  z.strictObject({ kind: z.literal('slow'), milliseconds: z.int().min(1), ...faultFields }),
  /** Lists are shown as they were when the fault was set: EC2 is eventually consistent. */
  plainFault('stale'),
]);

export type Fault = z.infer<typeof faultSchema>;
