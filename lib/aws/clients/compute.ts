import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { inRegion } from './settings.ts';

/** EC2 of a region, under an identity that may be another than the hub's. */
export function computeClient(
  region: string,
  credentials?: NonNullable<EC2ClientConfig['credentials']>,
): EC2Client {
  return new EC2Client({ ...inRegion(region), ...(credentials === undefined ? {} : { credentials }) });
}
