import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { DesiredStore } from '../core/way-back/ports.ts';
import { errorName, translate } from './service-errors.ts';

/** S3's answers when the object is not what the write was on condition of, or is being written at this moment (PutObject, If-Match). */
const lost = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);
const missing = new Set(['NoSuchKey', 'NoSuchVersion']);

/** Desired state in a versioned bucket. */
export class S3DesiredStore implements DesiredStore {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(options: { client: S3Client; bucket: string }) {
    this.#client = options.client;
    this.#bucket = options.bucket;
  }

  async put(key: string, text: string): Promise<string> {
    const version = await this.#put(key, text, {});
    if (version === undefined) throw new TypeError(`${this.#bucket} keeps no versions`);
    return version;
  }

  async read(key: string, version?: string): Promise<{ text: string; tag: string } | undefined> {
    try {
      const which = version === undefined ? {} : { VersionId: version };
      const answer = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...which }),
      );
      return { text: (await answer.Body?.transformToString()) ?? '', tag: answer.ETag ?? '' };
    } catch (error) {
      if (missing.has(errorName(error))) return undefined;
      throw translate(error, 'S3');
    }
  }

  async replace(key: string, text: string, tag: string | undefined): Promise<boolean> {
    try {
      await this.#put(key, text, tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag });
      return true;
    } catch (error) {
      if (lost.has(errorName(error))) return false;
      throw error;
    }
  }

  async #put(
    key: string,
    text: string,
    condition: { IfNoneMatch?: string; IfMatch?: string },
  ): Promise<string | undefined> {
    const what = { Bucket: this.#bucket, Key: key, Body: text, ContentType: 'application/json' };
    try {
      return (await this.#client.send(new PutObjectCommand({ ...what, ...condition }))).VersionId;
    } catch (error) {
      throw lost.has(errorName(error)) ? error : translate(error, 'S3');
    }
  }
}
