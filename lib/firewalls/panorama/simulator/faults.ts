import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields } from '../../../simulators/fault-list.ts';

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
  z.strictObject({ kind: z.literal('unauthorized'), ...faultFields }),
  /** The role does not allow it. */
  z.strictObject({ kind: z.literal('forbidden'), ...faultFields }),
  /** The unit is the passive one: writes are refused with code 15. */
  z.strictObject({ kind: z.literal('passive'), ...faultFields }),
  /** Code 22. */
  z.strictObject({ kind: z.literal('session-timeout'), ...faultFields }),
  /** Listings of tags lose their last entries. */
  z.strictObject({ kind: z.literal('cut-list'), ...faultFields }),
]);

export type Fault = z.infer<typeof faultSchema>;
