import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields, plainFault } from '../../../simulators/fault-list.ts';

/**
 * One fault as it is written in a file or posted. Unknown fields are refused. All calls share one path, so `path` is compared with
 * `/api/?type=...&action=...&vsys=...&target=...` and `cmd` with what the command says.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  /** An error of the interface instead of handling the request. */
  z.strictObject({
    kind: z.literal('reject'),
    code: z.int().min(0).max(999).optional(),
    text: z.string().default('refused by a fault'),
    status: z.int().min(200).max(599).default(200),
    ...faultFields,
  }),
  ...commonFaults,
  /** The key is not valid any more. */
  plainFault('unauthorized'),
  /** The role does not allow it. */
  plainFault('forbidden'),
  /** The unit is the passive one: writes are refused with code 15. */
  plainFault('passive'),
  /** A call for a managed firewall is answered by the Panorama itself. */
  plainFault('lost-target'),
  /** Code 22. */
  plainFault('session-timeout'),
  /** Listings of tags lose their last entries. */
  plainFault('cut-list'),
  /** Success with an empty result, in place of what was asked for. */
  plainFault('empty-result'),
  /** Configuration and tags are shown as they were when the fault was set. Assumption: no source tells of it; a reader between could. */
  plainFault('stale'),
]);

export type Fault = z.infer<typeof faultSchema>;
