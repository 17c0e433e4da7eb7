import { z } from 'zod';
import { range } from './forms.ts';
import { brakesSchema, selector, targetSchema } from './schema.ts';

/** What namespaces may publish by AddressGroup resources. */
export const delegationSchema = z.strictObject({
  clusters: z.array(z.string().min(1)).min(1).optional().describe('Clusters it is for; all when left out.'),
  namespaces: selector({ allowGlobal: false }).describe('Which namespaces, by their labels.'),
  prefix: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,19}\.$/,
      'a prefix is up to 20 lower-case letters, digits and hyphens and a dot, such as shop.',
    )
    .describe('Names of their groups begin with it; cluster, namespace and name follow.'),
  usedIn: z.array(z.enum(['allow', 'deny'])).min(1),
  maxMembers: z.int().min(1).max(10_000).describe('Most members of each group.'),
  maxGroups: z.int().min(1).max(100).describe('Most groups of each namespace.'),
  ranges: z.array(range).min(1).optional().describe('Addresses outside are never published.'),
  brakes: brakesSchema.optional(),
  publish: z
    .array(targetSchema.omit({ object: true, adopt: true }))
    .min(1)
    .describe('Firewalls they may name, each with how a group is kept there.'),
});
