import { z } from 'zod';

/** Version of what agents tell of AddressGroup resources, and of what hubs take. */
export const requestsVersion = 2;

/** Most resources of one cluster that are told in full; of the others the ids are told, of so many. */
export const requestsMost = 300;
export const othersMost = 2_000;

const uid = z.string().min(1).max(128);
const labels = z.record(z.string().max(317), z.string().max(63));

/** An AddressGroup resource as the agent tells it. What stands in `spec` is judged by the hub, so that a newer field is refused there and told in the status. */
const groupRequest = z.strictObject({
  uid,
  namespace: z.string().min(1).max(63),
  name: z.string().min(1).max(253),
  /** The generation of the resource: which spec was judged. */
  generation: z.number().int().nonnegative(),
  /** Milliseconds since 1970: the oldest come first when there are too many. */
  created: z.number().int().nonnegative(),
  namespaceLabels: labels,
  spec: z.unknown(),
});
export type GroupRequest = z.infer<typeof groupRequest>;

export const groupRequests = z.strictObject({
  requests: z.array(groupRequest).max(requestsMost),
  /** How many more there are. */
  more: z.number().int().nonnegative(),
  /** Ids of those. When there are fewer than `more`, one that is not told may be there all the same. */
  others: z.array(uid).max(othersMost).default([]),
});
export type GroupRequests = z.infer<typeof groupRequests>;

const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});

/** What a team may ask for; the same as the schema of the resource says, because nobody has to believe an API of somebody else. */
export const groupSpec = z.strictObject({
  selector,
  usedIn: z.enum(['allow', 'deny']),
  firewalls: z.array(z.string().min(1).max(63)).min(1).max(20),
  maxMembers: z.number().int().min(1).max(10_000),
});
