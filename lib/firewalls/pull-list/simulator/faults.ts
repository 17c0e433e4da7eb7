import { z } from 'zod';
import { commonFaults } from '../../../simulators/common-faults.ts';
import { plainFault } from '../../../simulators/fault-list.ts';

/** One fault as it is written in a file or posted. Unknown fields are refused. */
export const faultSchema = z.discriminatedUnion('kind', [
  ...commonFaults,
  /** 403 with the code of a key that S3 does not know. */
  plainFault('unauthorized'),
  /** 403 AccessDenied. */
  plainFault('forbidden'),
  /** 503 SlowDown, with which S3 throttles. */
  plainFault('slow-down'),
  /** 409, with which S3 answers one of two conditional writes at the same moment. */
  plainFault('conflict'),
  /** Half of an object, without its length: as something in between sends it that lost the rest. */
  plainFault('half'),
]);

export type Fault = z.infer<typeof faultSchema>;
