import { EKSClient, type EKSClientConfig } from '@aws-sdk/client-eks';
import { inRegion } from './settings.ts';

/** A client of its own for each region and identity: one hub has clusters in several. */
export function clustersClient(
  region: string,
  credentials?: NonNullable<EKSClientConfig['credentials']>,
): EKSClient {
  return new EKSClient({ ...inRegion(region), ...(credentials === undefined ? {} : { credentials }) });
}
