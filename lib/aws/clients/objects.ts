import { S3Client } from '@aws-sdk/client-s3';
import { inRegion } from './settings.ts';

let client: S3Client | undefined;

export function objectsClient(region?: string): S3Client {
  // Buckets by path: the emulator of the sandbox has no names below its address.
  client ??= new S3Client({ ...inRegion(region), forcePathStyle: true });
  return client;
}
