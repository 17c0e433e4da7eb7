import { z } from 'zod';
import { account, name, range, readRole, region } from './forms.ts';

const tagValues = z
  .array(z.string().min(1).max(256))
  .min(1)
  .refine((values) => !values.includes('*') || values.length === 1, '`*` is any value: leave the others out');

/** EC2 instances beside the clusters. */
export const hostsSchema = z.strictObject({
  account,
  region,
  realm: name.describe('Space in which an address means one thing.'),
  ranges: z.array(range).min(1).describe('Ranges of their addresses; anything else is refused.'),
  sharedRanges: z
    .boolean()
    .default(false)
    .describe('Clusters and hosts of one realm whose ranges overlap must all say so.'),
  tags: z
    .record(z.string().min(1).max(128), tagValues)
    .refine(
      (tags) => Object.keys(tags).length > 0,
      'name at least one tag: all instances of an account is too many',
    )
    .describe('Tags that an instance carries, each with the values that count; `*` alone is any value.'),
  readRole: readRole.optional(),
});
