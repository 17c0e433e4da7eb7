import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { faultFields } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. Unknown fields are refused. */
export const faultSchema = z.discriminatedUnion('kind', [
  ...commonFaults,
  /** 403 with the code of a key that S3 does not know. */
  z.strictObject({ kind: z.literal('unauthorized'), ...faultFields }),
  /** 403 AccessDenied. */
  z.strictObject({ kind: z.literal('forbidden'), ...faultFields }),
  /** 503 SlowDown, with which S3 throttles. */
  z.strictObject({ kind: z.literal('slow-down'), ...faultFields }),
  /** 409, with which S3 answers one of two conditional writes at the same moment. */
  z.strictObject({ kind: z.literal('conflict'), ...faultFields }),
]);

export type Fault = z.infer<typeof faultSchema>;
