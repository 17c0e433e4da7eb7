import { createHash } from 'node:crypto';
import { CommitLog } from '../../../simulators/commit-log.ts';

export interface StoredObject {
  body: string;
  /** MD5 of the body in quotes, as S3 makes it for objects without a customer's key. */
  etag: string;
  contentType: string;
  /** By the name after `x-amz-meta-`. */
  metadata: Readonly<Record<string, string>>;
  modifiedAt: number;
}

/** The objects of one bucket, and a log of its writes. */
export class Objects {
  readonly #objects = new Map<string, StoredObject>();
  readonly commits = new CommitLog();

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(key: string, object: Pick<StoredObject, 'body' | 'contentType' | 'metadata'>): StoredObject {
    const etag = `"${createHash('md5').update(object.body).digest('hex')}"`;
    const stored = { ...object, etag, modifiedAt: Date.now() };
    this.#objects.set(key, stored);
    this.commits.append({});
    return stored;
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.commits.append({});
  }

  keys(): string[] {
    return [...this.#objects.keys()].sort();
  }
}
