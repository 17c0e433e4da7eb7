import { z } from 'zod';
import { managementFields } from '../shared/settings.ts';

/** Quota of entries of one list (Amazon VPC User Guide, "Customer-managed prefix lists"). */
export const entriesMax = 1_000;

const { address, port, ca, tlsServerName, timeoutMs } = managementFields;

/** Fields of an entry of prefix lists under `firewalls` in the configuration: the lists of one account in one region. */
export const prefixListSettings = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'is an account number of 12 digits, in quotes')
    .describe('AWS account that owns the lists: the one of the hub.'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'looks like eu-central-1')
    .describe('Region of the lists; security groups and routes of this region alone can use them.'),
  maxEntries: z
    .int()
    .min(1)
    .max(entriesMax)
    .describe(
      'Largest size of a list of ours. Whatever uses a list is charged with its size, not with its entries: a security group has 60 rules by default.',
    ),
  address: address
    .optional()
    .describe('Host of the EC2 API, such as a VPC endpoint; the public one unless given.'),
  port: port.describe('HTTPS port of the EC2 API.'),
  ca: ca
    .optional()
    .describe('Certificates (PEM) that the API must lead to; the well-known authorities unless given.'),
  tlsServerName,
  timeoutMs,
});

export type PrefixListSettings = z.infer<typeof prefixListSettings>;

/** How ARNs of the region begin (AWS partitions). */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
