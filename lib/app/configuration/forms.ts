import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import { boundedPrefix, canonicalPrefix, workloadPrefix } from '../../core/model/address.ts';

/** Forms of names. None may hold `|`, which joins them in keys, or a blank. */
export const nameForms = {
  hub: /^[a-z][a-z0-9-]{1,19}$/,
  /** Networks, clusters and cells become parts of names of stacks, queues and roles. */
  part: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  name: /^[a-z0-9][a-z0-9.-]{0,62}$/,
} as const;

const nameRule = 'use 1 to 63 lower-case letters, digits, dots and hyphens, beginning with a letter or digit';
export const partRule = 'use lower-case letters, digits and hyphens inside';

export const name = z.string().regex(nameForms.name, nameRule);
export const text = z.string().min(1);
export const account = z
  .string()
  .regex(/^\d{12}$/, 'an account is 12 digits in quotes, such as "111122223333"');
export const region = z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'a region looks like eu-central-1');
export const awsId = (kind: string) =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `the id looks like ${kind}-0a1b2c3d4e5f60718`);

/** Makes a check of the core that throws a check of a field, so that it is reported together with all others. */
export function by<T>(check: (value: T) => unknown, says = '') {
  return (value: T, context: { addIssue(issue: { code: 'custom'; message: string }): void }): void => {
    try {
      check(value);
    } catch (error) {
      if (!isZonebridgeError(error)) throw error;
      context.addIssue({ code: 'custom', message: `${says}${error.message}` });
    }
  };
}

/** A range that workloads have addresses from, in its canonical form, such as `10.20.0.0/16`. */
export const range = z.string().superRefine(by(workloadPrefix)).transform(canonicalPrefix);

/**
 * A range that a firewall takes as a trusted host; FortiOS refuses 0.0.0.0/0 there.
 * Assumption: ::/0 is refused in the same way; it would trust everybody in any case.
 */
export const sourceRange = z.string().superRefine(by(boundedPrefix)).transform(canonicalPrefix);

/** A role of another account that the hub may take to look at EC2 there. */
export const readRole = z
  .string()
  .regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'an ARN of an IAM role is expected')
  .describe(
    'Role in another account than that of the hub that may describe EC2 there; `zonebridge deploy --account` makes one unless given.',
  );
