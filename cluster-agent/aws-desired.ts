import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { contentsKey, type DesiredSource, manifestKey } from '../lib/core/way-back/ports.ts';

/** A part of the desired state of a cluster stays far below it. */
const longestObject = 20_000_000;

/** The desired state of this cluster in the hub's bucket; `cluster` is the beginning of its keys. Read only. */
export function s3Source({ bucket, cluster }: { bucket: string; cluster: string }): DesiredSource {
  const client = new S3Client({
    maxAttempts: 2,
    // Buckets by path: the emulator of the sandbox has no names below its address.
    forcePathStyle: true,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  const read = async (Key: string, more: { IfNoneMatch?: string; VersionId?: string }) => {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key, ...more }));
    if ((answer.ContentLength ?? 0) > longestObject) throw new Error(`${Key} is too long to be ours`);
    return { text: (await answer.Body?.transformToString()) ?? '', tag: answer.ETag ?? '' };
  };
  return {
    async manifest(known) {
      try {
        return await read(manifestKey(cluster), known === undefined ? {} : { IfNoneMatch: known });
      } catch (error) {
        if (statusOf(error) === 304) return 'unchanged';
        if (isMissing(error)) return 'absent';
        throw error;
      }
    },
    async contents(producer, version) {
      try {
        return (await read(contentsKey(cluster, producer), { VersionId: version })).text;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Without the right to list a bucket S3 says 403 where there is nothing: that is an error like any other, and changes nothing either. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NoSuchVersion');
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
