import { z } from 'zod';
import { parseRanges } from '../../core/model/address.ts';
import { managementFields } from '../shared/settings.ts';

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

const source = z.string().refine((text) => isRange(text), 'is no range such as 10.20.0.4/32');

/** One firewall that fetches, or several that share a name and a password. */
const reader = z
  .strictObject({
    sources: z
      .array(source)
      .min(1)
      .max(50)
      .describe('Ranges it comes from; nobody else reaches the load balancer or is answered.'),
    authentication: z
      .enum(['password', 'certificate', 'source'])
      .default('password')
      .describe(
        'password: HTTP basic with the name of the reader as user; certificate: the client certificate with certificateSubject; source: the address alone, for devices that can send neither.',
      ),
    certificateSubject: z
      .string()
      .min(3)
      .max(400)
      .optional()
      .describe('Subject of its client certificate as RFC 2253 writes it; needs trustStoreArn.'),
    entriesMax: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(50_000)
      .describe('Entries that it takes from one list; a group with a larger maxMembers is refused.'),
    silentAfterMinutes: z
      .int()
      .min(15)
      .max(20_160)
      .default(60)
      .describe(
        'An alarm tells when a firewall that fetched a list has not for so long: several times its refresh interval, at least 15, at most 14 days.',
      ),
  })
  .refine(
    ({ authentication, certificateSubject }) =>
      authentication !== 'certificate' || certificateSubject !== undefined,
    { path: ['certificateSubject'], message: 'is needed with authentication: certificate' },
  );

/** Fields of a `pull-list` entry under `firewalls` in the configuration. */
export const pullListSettings = z
  .strictObject({
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'holds 3 to 63 lower-case letters, digits and hyphens')
      .describe(
        'Bucket that holds the lists; the stack of the network makes it. Unique in the world, never changed.',
      ),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region looks like eu-central-1')
      .describe('Region of the bucket: that of the hub.'),
    hostName: z
      .string()
      .regex(hostName, 'is no host name in lower case with at least one dot')
      .describe(
        'Name under which the firewalls fetch; the certificate is for it, your DNS points it at the load balancer.',
      ),
    certificateArn: z
      .string()
      .regex(/^arn:[a-z-]+:acm:/, 'an ARN of an ACM certificate is expected')
      .describe('Certificate of the HTTPS listener, in the Region of the hub.'),
    trustStoreArn: z
      .string()
      .regex(
        /^arn:[a-z-]+:elasticloadbalancing:[^:]+:\d{12}:truststore\//,
        'an ARN of a trust store is expected',
      )
      .optional()
      .describe(
        'Trust store of the load balancer: every reader then has to show a client certificate it leads to.',
      ),
    readers: z
      .record(
        z
          .string()
          .regex(
            /^[a-z][a-z0-9-]{0,39}$/,
            'the name of a reader is 1 to 40 lower-case letters, digits and hyphens, beginning with a letter',
          ),
        reader,
      )
      .refine((all) => Object.keys(all).length > 0, 'names nobody who fetches the lists')
      .refine(
        (all) => Object.keys(all).length <= 200,
        'names more than 200 readers; several firewalls may share one',
      )
      .describe('Firewalls that fetch the lists; every one of them may fetch all lists of this entry.'),
    address: managementFields.address
      .optional()
      .describe('Host name of S3, when it is not the usual one of the Region (an interface endpoint).'),
    port: managementFields.port.describe('HTTPS port of `address`.'),
    ca: managementFields.ca
      .optional()
      .describe('Certificates (PEM) that the certificate of `address` must lead to.'),
    timeoutMs: managementFields.timeoutMs.describe('Longest wait for one answer of S3.'),
  })
  .superRefine(({ readers, trustStoreArn }, context) => {
    for (const [name, { certificateSubject, authentication }] of Object.entries(readers)) {
      if (certificateSubject !== undefined && trustStoreArn === undefined)
        context.addIssue({
          code: 'custom',
          path: ['readers', name, 'certificateSubject'],
          message: 'means nothing without `trustStoreArn`: the load balancer asks for no certificate',
        });
      if (trustStoreArn !== undefined && authentication === 'source' && certificateSubject === undefined)
        context.addIssue({
          code: 'custom',
          path: ['readers', name, 'authentication'],
          message:
            'with `trustStoreArn` every reader shows a certificate: take authentication: certificate, or another entry for this one',
        });
    }
  });

export type PullListSettings = z.infer<typeof pullListSettings>;

/** Entries that every reader takes. */
export function entriesMax({ readers }: PullListSettings): number {
  return Math.min(...Object.values(readers).map((one) => one.entriesMax), listEntriesMax);
}

/**
 * The answer of a function behind an Application Load Balancer may have 1 MB as JSON, where a line end takes two bytes
 * (docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html): 20,000 IPv6 addresses of 39 characters are 820 KB.
 */
export const listEntriesMax = 20_000;

function isRange(text: string): boolean {
  try {
    parseRanges([text]);
    return text.includes('/');
  } catch {
    return false;
  }
}
