import type { Archive } from '../../lib/core/ports.ts';

/** An archive in memory; a test may take objects away or change them, which the real one does not allow. */
export class MemoryArchive implements Archive {
  readonly objects = new Map<string, Uint8Array>();
  /** Runs before an object is stored; throw to fail the call. */
  beforeCreate: ((key: string) => void | Promise<void>) | undefined;
  /** Runs after it was stored; throw to lose the reply. */
  afterCreate: ((key: string) => void | Promise<void>) | undefined;

  async create(key: string, body: Uint8Array): Promise<boolean> {
    await this.beforeCreate?.(key);
    if (this.objects.has(key)) return false;
    this.objects.set(key, body);
    await this.afterCreate?.(key);
    return true;
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  /** Pages of two, so that who forgets to page shows. */
  async list(prefix: string, after?: string): Promise<{ keys: string[]; next?: string }> {
    const all = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const keys = all.filter((key) => after === undefined || key > after).slice(0, 2);
    const last = keys.at(-1);
    return last === undefined || last === all.at(-1) ? { keys } : { keys, next: last };
  }
}
