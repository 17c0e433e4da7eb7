import { Lists } from './reads/list.ts';
import type { Resource } from './resource.ts';
import { ObjectStore } from './store/object-store.ts';
import { Writer } from './writes/writer.ts';
import { resources } from './kinds/index.ts';

/** The state of a simulated cluster and the rules it changes by. Knows no HTTP. */
export class Cluster {
  readonly resources: readonly Resource[] = resources;
  readonly store: ObjectStore;
  readonly writer: Writer;
  readonly lists: Lists;
  /** Milliseconds since 1970. */
  readonly now: () => number;

  constructor(options: { historyLength: number; now: () => number }) {
    this.now = options.now;
    this.store = new ObjectStore(resources, options.historyLength);
    this.writer = new Writer(this.store, options.now);
    this.lists = new Lists(this.store, options.now);
  }
}
