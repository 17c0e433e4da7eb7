import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. `path` means method and URL of JSON-RPC, such as `get /sys/status`. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** A status instead of handling the element. */
  z.strictObject({
    kind: z.literal('reject'),
    code: z.int().max(-1),
    message: z.string().default('failed'),
    ...faultFields,
  }),
  /** Success with less than there is: lists in elements whose URL ends with `url` keep so many rows; without `keep` no data comes at all. */
  z.strictObject({
    kind: z.literal('cut'),
    url: z.string().min(1),
    keep: z.int().min(0).optional(),
    ...faultFields,
  }),
  ...commonFaults,
  /** -11 for everything, the login too: the credential is not accepted any more. */
  plainFault('unauthorized'),
  /** -11 for what the profile forbids: everything but login, logout and the status. */
  plainFault('forbidden'),
  /** Objects, files and tags are shown as they were when the fault was set. Assumption: no source tells of it; a reader between could. */
  plainFault('stale'),
]);

export type Fault = z.infer<typeof faultSchema>;
