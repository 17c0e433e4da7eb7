import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Archive } from '../core/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** S3's answers to a write on condition that there is nothing yet: something is there, or somebody writes at this moment. */
const taken = new Set(['PreconditionFailed', 'ConditionalRequestConflict']);

/** Objects of a bucket that are made once. The bucket, not this code, keeps them from being changed. */
export class S3Archive implements Archive {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(options: { client: S3Client; bucket: string }) {
    this.#client = options.client;
    this.#bucket = options.bucket;
  }

  async create(key: string, body: Uint8Array): Promise<boolean> {
    try {
      await this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: key,
          Body: body,
          ContentType: 'application/gzip',
          IfNoneMatch: '*',
          // A bucket with a retention takes an object only with a checksum.
          ChecksumAlgorithm: 'SHA256',
        }),
      );
      return true;
    } catch (error) {
      if (taken.has(errorName(error))) return false;
      throw translate(error, 'S3');
    }
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      return await answer.Body?.transformToByteArray();
    } catch (error) {
      if (errorName(error) === 'NoSuchKey') return undefined;
      throw translate(error, 'S3');
    }
  }

  async list(prefix: string, after?: string): Promise<{ keys: string[]; next?: string }> {
    try {
      const answer = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, ContinuationToken: after }),
      );
      const keys = (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []);
      const next = answer.NextContinuationToken;
      return next === undefined ? { keys } : { keys, next };
    } catch (error) {
      throw translate(error, 'S3');
    }
  }
}
