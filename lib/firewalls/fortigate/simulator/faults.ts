import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. Unknown fields are refused. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** An error envelope instead of handling the request. */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599).default(500),
    error: z.int().optional(),
    cliError: z.union([z.string(), z.array(z.string())]).optional(),
    ...faultFields,
  }),
  ...commonFaults,
  plainFault('unauthorized'),
  plainFault('forbidden'),
  /** Success without `results`, as some reads without the right answer. */
  plainFault('reduced'),
  /** GETs are answered from a copy of the device made when the fault was set. */
  plainFault('stale'),
]);

export type Fault = z.infer<typeof faultSchema>;
