import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { inRegion } from './settings.ts';

/** STS of the region of a cluster, under an identity that may be another than the hub's. */
export function clusterIdentitiesClient(
  region: string,
  credentials?: NonNullable<STSClientConfig['credentials']>,
): STSClient {
  return new STSClient({ ...inRegion(region), ...(credentials === undefined ? {} : { credentials }) });
}
