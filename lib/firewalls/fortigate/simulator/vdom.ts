import { FeedStore } from './feeds.ts';
import { References } from './references.ts';
import type { Settings } from './settings.ts';
import { ConfigTable } from './table.ts';
import { tableSchemas } from './tables/index.ts';

/** One virtual domain: its own tables, references between them, and pushed feed entries. */
export class Vdom {
  readonly name: string;
  readonly settings: Settings;
  readonly references = new References();
  readonly feeds: FeedStore;
  readonly #tables = new Map<string, ConfigTable>();

  constructor(name: string, settings: Settings, entriesElsewhere: () => number) {
    this.name = name;
    this.settings = settings;
    this.feeds = new FeedStore(settings, entriesElsewhere);
    for (const schema of tableSchemas) {
      this.#tables.set(schema.path, new ConfigTable(schema, this));
    }
    for (const table of this.#tables.values()) {
      table.addPredefined();
    }
  }

  table(path: string): ConfigTable | undefined {
    return this.#tables.get(path);
  }

  tables(): ConfigTable[] {
    return [...this.#tables.values()];
  }
}
