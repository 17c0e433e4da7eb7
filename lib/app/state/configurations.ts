import { ZonebridgeError } from '../../core/errors.ts';
import { type CompiledGroup, compileGroup } from '../../core/model/group-selection.ts';
import { parseRanges, type Ranges } from '../../core/model/address.ts';
import { clusterId } from '../../core/model/messages.ts';
import type { Item, Key, Tables } from '../../core/ports.ts';
import type { ClusterConfiguration, Configuration } from '../configuration/model.ts';
import { noQuarantines, type Quarantines } from '../../core/plan/quarantine.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { type Freeze, readFreezes } from '../freezes.ts';
import { count, text } from './items.ts';
import { everything, type Pause, readPauses } from './pauses.ts';
import { readQuarantines, versionAttribute } from './quarantines.ts';

/** A generation with everything derived from it once, not per record. */
export interface ActiveConfiguration {
  generation: number;
  author: string;
  /** Who AWS says applied it; undefined when that is not known. */
  principal: string | undefined;
  configuration: Configuration;
  groups: readonly CompiledGroup[];
  /** By cluster id `account|region|name`. */
  clusters: ReadonlyMap<string, ActiveCluster>;
  freezes: readonly Freeze[];
  /** Orders of persons, which hold whatever the generation is. */
  quarantines: Quarantines;
  /** All writes everywhere are stopped. */
  paused: Pause | undefined;
}

export interface ActiveCluster {
  /** Key in the configuration. */
  key: string;
  /** `account|region|name` */
  id: string;
  realm: string;
  ranges: Ranges;
  sharedRanges: boolean;
  settings: ClusterConfiguration;
}

/** Row that says which generation is active; pauses of everything and the version of the quarantines stand in it, too. */
export const configurationPointer: Key = { table: 'control', pk: 'configuration|active' };

/** Characters of one stored part; at most 4 bytes each stay below the 400 KB of an item. */
const partLength = 95_000;

function partKey(generation: number, part: number): Key {
  return { table: 'control', pk: `configuration|${generation}|${part}` };
}

/** The active configuration, cached by generation: a change costs one read of the pointer, not of the document. */
export class Configurations {
  readonly #tables: Tables;
  #active: ActiveConfiguration | undefined;
  #quarantineVersion = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Key of the pointer, to be read together with other rows; give the item to `from`. */
  get pointer(): Key {
    return configurationPointer;
  }

  /** Throws `configuration/missing` before the first `apply`. */
  async active(): Promise<ActiveConfiguration> {
    const [pointer] = await this.#tables.read([configurationPointer]);
    return this.from(pointer);
  }

  /** The cached generation without any read, for work that checks the pointer together with its own rows. */
  cached(): ActiveConfiguration | undefined {
    return this.#active;
  }

  async from(pointer: Item | undefined): Promise<ActiveConfiguration> {
    const generation = count(pointer, 'generation');
    if (generation === 0)
      throw new ZonebridgeError('configuration/missing', 'no configuration generation is active');
    if (this.#active?.generation !== generation) {
      const parts = Array.from({ length: count(pointer, 'parts') }, (_, part) => partKey(generation, part));
      const items = await this.#tables.read(parts);
      const document = items.map((item) => text(item, 'document') ?? '').join('');
      const author = text(pointer, 'author') ?? 'unknown';
      const derived = derive(generation, author, JSON.parse(document) as Configuration);
      const { quarantines = noQuarantines, paused } = this.#active ?? {};
      this.#active = { ...derived, principal: text(pointer, 'principal'), quarantines, paused };
    }
    this.#active = await this.#withOrders(this.#active, pointer);
    return this.#active;
  }

  /** The same object as long as nothing changed. */
  async #withOrders(active: ActiveConfiguration, pointer: Item | undefined): Promise<ActiveConfiguration> {
    let result = active;
    const paused = readPauses(pointer).get(everything);
    if (paused?.since !== active.paused?.since) result = { ...result, paused };
    const version = count(pointer, versionAttribute);
    if (version !== this.#quarantineVersion) {
      const read = await readQuarantines(this.#tables);
      result = { ...result, quarantines: read.list };
      this.#quarantineVersion = read.version;
    }
    return result;
  }

  /** Stores a generation and makes it the active one, on condition that `previous` still was. */
  async activate(
    configuration: Configuration,
    by: { previous: number; author: string; principal?: string | undefined; now: number },
  ): Promise<number> {
    const generation = by.previous + 1;
    const document = JSON.stringify(configuration);
    const parts = Array.from({ length: Math.ceil(document.length / partLength) }, (_, part) =>
      document.slice(part * partLength, (part + 1) * partLength),
    );
    for (const [index, text] of parts.entries()) {
      await this.#tables.write({
        key: partKey(generation, index),
        put: { document: text, author: by.author },
      });
    }
    await this.#tables.write({
      key: configurationPointer,
      // An update: pauses and the version of the quarantines stand in the same row.
      update: {
        set: {
          generation,
          parts: parts.length,
          author: by.author,
          activatedAt: by.now,
          ...(by.principal === undefined ? {} : { principal: by.principal }),
        },
        remove: by.principal === undefined ? ['principal'] : [],
      },
      if: [{ attribute: 'generation', is: 'absent or =', value: by.previous }],
    });
    return generation;
  }
}

/** Compiles selectors and ranges of a configuration. */
export function derive(
  generation: number,
  author: string,
  configuration: Configuration,
): ActiveConfiguration {
  const clusters = new Map<string, ActiveCluster>();
  for (const [key, settings] of Object.entries(configuration.clusters)) {
    const id = clusterId(settings);
    const { realm, sharedRanges } = settings;
    clusters.set(id, { key, id, realm, sharedRanges, ranges: parseRanges(settings.ranges), settings });
  }
  const groups = Object.values(configuration.groups).map(compileGroup);
  return {
    generation,
    author,
    configuration,
    groups,
    clusters,
    principal: undefined,
    freezes: readFreezes(approvalRules(configuration).freeze, configuration.firewalls),
    quarantines: noQuarantines,
    paused: undefined,
  };
}
