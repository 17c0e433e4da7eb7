import { hashOf } from '../../lib/core/way-back/contents.ts';
import {
  contentsKey,
  type DesiredSource,
  type DesiredStore,
  manifestKey,
} from '../../lib/core/way-back/ports.ts';

/** A versioned bucket in memory, and what an agent reads of it. */
export class MemoryDesired implements DesiredStore {
  readonly latest = new Map<string, string>();
  readonly versions = new Map<string, string>();
  /** Runs before a request; throw to fail it. */
  before: ((request: 'put' | 'read' | 'replace', key: string) => void | Promise<void>) | undefined;
  #count = 0;

  async put(key: string, text: string): Promise<string> {
    await this.before?.('put', key);
    return this.#store(key, text);
  }

  async read(key: string, version?: string): Promise<{ text: string; tag: string } | undefined> {
    await this.before?.('read', key);
    const text = version === undefined ? this.latest.get(key) : this.versions.get(`${key} ${version}`);
    return text === undefined ? undefined : { text, tag: hashOf(text) };
  }

  async replace(key: string, text: string, tag: string | undefined): Promise<boolean> {
    await this.before?.('replace', key);
    const there = this.latest.get(key);
    if ((there === undefined ? undefined : hashOf(there)) !== tag) return false;
    this.#store(key, text);
    return true;
  }

  /** As the agent of a cluster reads it. */
  sourceOf(cluster: string): DesiredSource {
    return {
      manifest: async (known) => {
        const text = this.latest.get(manifestKey(cluster));
        if (text === undefined) return 'absent';
        return hashOf(text) === known ? 'unchanged' : { text, tag: hashOf(text) };
      },
      contents: async (producer, version) =>
        this.versions.get(`${contentsKey(cluster, producer)} ${version}`),
    };
  }

  #store(key: string, text: string): string {
    this.#count += 1;
    const version = `v${this.#count}`;
    this.latest.set(key, text);
    this.versions.set(`${key} ${version}`, text);
    return version;
  }
}
