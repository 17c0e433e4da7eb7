import { createHash } from 'node:crypto';
import type { CommitReader } from '../../../simulators/vendor.ts';

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
export class Objects implements CommitReader {
  readonly #objects = new Map<string, StoredObject>();
  readonly #commits: { number: number; at: number }[] = [];

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  put(key: string, object: Pick<StoredObject, 'body' | 'contentType' | 'metadata'>): StoredObject {
    const etag = `"${createHash('md5').update(object.body).digest('hex')}"`;
    const stored = { ...object, etag, modifiedAt: Date.now() };
    this.#objects.set(key, stored);
    this.#commit();
    return stored;
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#commit();
  }

  keys(): string[] {
    return [...this.#objects.keys()].sort();
  }

  get last(): number {
    return this.#commits.length;
  }

  after(number: number): readonly { number: number; at: number }[] {
    return this.#commits.slice(number);
  }

  #commit(): void {
    this.#commits.push({ number: this.#commits.length + 1, at: performance.timeOrigin + performance.now() });
  }
}
