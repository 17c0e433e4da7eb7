import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { type CompiledGroup, compileGroup } from '../../core/model/group-selection.ts';
import { parseRanges, type Ranges } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';
import type { TagFilter } from '../../core/compute.ts';
import { type ClusterIdentity, clusterId, clusterSource } from '../../core/model/messages.ts';
import type { Item, ItemUpdate, Key, Tables, Write } from '../../core/ports.ts';
import type { ClusterConfiguration, Configuration, HostsConfiguration } from '../configuration/model.ts';
import { hostsIdentity } from '../configuration/origins.ts';
import { noQuarantines, type Quarantines } from '../../core/plan/quarantine.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { type Freeze, readFreezes } from '../freezes.ts';
import { readRoleOf } from '../configuration/role-arns.ts';
import { count, flag, text, texts } from './items.ts';
import { everything, type Pause, readPauses } from './pauses.ts';
import { readQuarantines, versionAttribute } from './quarantines.ts';

/** A generation with everything derived from it once, not per record. */
export interface ActiveConfiguration {
  generation: number;
  /**
   * The last generation by a person. Those after it change groups of resources alone, so that what was released for the others since then
   * still counts.
   */
  releasedSince: number;
  author: string;
  /** Who AWS says applied it; undefined when that is not known. */
  principal: string | undefined;
  configuration: Configuration;
  groups: readonly CompiledGroup[];
  /** Milliseconds since 1970; 0 when it is not stored. */
  activatedAt: number;
  /** Set while some firewalls try the generation before the others follow. */
  canary: Canary | undefined;
  /** By cluster id `account|region|name`. */
  clusters: ReadonlyMap<string, ActiveCluster>;
  freezes: readonly Freeze[];
  /** Orders of persons, which hold whatever the generation is. */
  quarantines: Quarantines;
  /** All writes everywhere are stopped. */
  paused: Pause | undefined;
}

export interface Canary {
  /** Firewalls that have the active generation already. */
  firewalls: readonly string[];
  /** The generation that the others stay with. */
  base: number;
  /** Groups of that generation, compiled, by name. */
  before: ReadonlyMap<string, CompiledGroup>;
  /** The others follow by themselves when the canaries were well for so long; undefined: only a person promotes. */
  promoteAfterMs: number | undefined;
  /** When a canary was last not well, or the begin. */
  wellSince: number;
}

export interface ActiveCluster {
  /** Key in the configuration. */
  key: string;
  /** `account|region|name` */
  id: string;
  realm: string;
  ranges: Ranges;
  sharedRanges: boolean;
  /** The one event source that speaks for it. */
  source: string;
  region: string;
  /** Role to take to look at EC2 there; undefined in the account of the hub, and where nobody looks. */
  readRole: string | undefined;
  /** As configured; empty for hosts. */
  settings: Partial<ClusterConfiguration>;
  /** Only of hosts: the tags that they carry. */
  tags: TagFilter | undefined;
}

/** Row that says which generation is active; pauses of everything and the version of the quarantines stand in it, too. */
export const configurationPointer: Key = { table: 'control', pk: 'configuration|active' };

/** Characters of one stored part; at most 4 bytes each stay below the 400 KB of an item. */
const partLength = 95_000;

/**
 * A stored document lies under its own hash: of two people who apply at once only one wins, and the other must not write over what the
 * winner stored.
 */
function partKey(document: string, part: number): Key {
  return { table: 'control', pk: `configuration|document|${document}|${part}` };
}

/** Row that says which document a generation is. */
function generationKey(generation: number): Key {
  return { table: 'control', pk: `configuration|${generation}` };
}

/** Who made a generation active, and when. */
export interface Applied {
  /** Who AWS says it was; undefined when that is not known. */
  principal: string | undefined;
  /** Milliseconds since 1970. */
  at: number;
  /** Itself, or the last generation by a person before one that came of resources. */
  releasedSince: number;
  /** The one before was not carried out everywhere yet. */
  overUnfinished: boolean;
}

/** Undefined for a generation that is not stored, or by a version that did not note it. */
export async function readApplied(tables: Tables, generation: number): Promise<Applied | undefined> {
  const [row] = await tables.read([generationKey(generation)]);
  if (row?.['activatedAt'] === undefined) return undefined;
  return {
    principal: text(row, 'principal'),
    at: count(row, 'activatedAt'),
    releasedSince: count(row, 'releasedSince') || generation,
    overUnfinished: flag(row, 'overUnfinished'),
  };
}

/** The active configuration, cached by generation: a change costs one read of the pointer, not of the document. */
export class Configurations {
  readonly #tables: Tables;
  #active: ActiveConfiguration | undefined;
  #quarantineVersion = 0;
  /** What the pointer said when it was derived. */
  #revision = '';

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
    const revision = [generation, ...texts(pointer, 'canary'), count(pointer, 'wellSince')].join(' ');
    if (this.#active === undefined || this.#revision !== revision) {
      this.#active = await this.#derived(generation, pointer);
      this.#revision = revision;
    }
    this.#active = await this.#withOrders(this.#active, pointer);
    return this.#active;
  }

  async #derived(generation: number, pointer: Item | undefined): Promise<ActiveConfiguration> {
    const known = this.#active?.generation === generation ? this.#active : undefined;
    const author = text(pointer, 'author') ?? 'unknown';
    const base = known ?? derive(generation, author, await this.#document(pointer));
    const { quarantines = noQuarantines, paused } = this.#active ?? {};
    return {
      ...base,
      principal: text(pointer, 'principal'),
      quarantines,
      paused,
      activatedAt: count(pointer, 'activatedAt'),
      releasedSince: count(pointer, 'releasedSince') || generation,
      canary: await this.#canary(pointer, known),
    };
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

  /** A generation as it was stored. Throws `configuration/missing` when it is not there. */
  async stored(generation: number): Promise<Configuration> {
    const [row] = await this.#tables.read([generationKey(generation)]);
    if (!row) throw new ZonebridgeError('configuration/missing', `generation ${generation} is not stored`);
    return this.#document(row);
  }

  /** `of`: the pointer or the row of a generation. */
  async #document(of: Item | undefined): Promise<Configuration> {
    const document = text(of, 'document') ?? '';
    const parts = Array.from({ length: count(of, 'parts') }, (_, part) => partKey(document, part));
    const items = await this.#tables.read(parts);
    return JSON.parse(items.map((item) => text(item, 'text') ?? '').join('')) as Configuration;
  }

  async #canary(
    pointer: Item | undefined,
    known: ActiveConfiguration | undefined,
  ): Promise<Canary | undefined> {
    const firewalls = texts(pointer, 'canary');
    if (firewalls.length === 0) return undefined;
    const base = count(pointer, 'canaryBase');
    const groups = known?.canary?.before ?? compiled(await this.stored(base));
    const promoteAfterMs = count(pointer, 'promoteAfterMs') || undefined;
    return { firewalls, base, before: groups, promoteAfterMs, wellSince: count(pointer, 'wellSince') };
  }

  /** Lets all firewalls have the active generation; false when it is not the one that was meant, or has no canary any more. */
  async promote(generation: number): Promise<boolean> {
    return this.#updatePointer(generation, { remove: canaryAttributes });
  }

  /** Notes that a canary is not well now. */
  async noteUnwell(generation: number, now: number): Promise<void> {
    await this.#updatePointer(generation, { set: { wellSince: now } });
  }

  async #updatePointer(generation: number, update: ItemUpdate): Promise<boolean> {
    try {
      const same = { attribute: 'generation', is: '=', value: generation } as const;
      await this.#tables.write({
        key: configurationPointer,
        update,
        if: [same, { attribute: 'canary', is: 'present' }],
      });
      return true;
    } catch (error) {
      if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
      return false;
    }
  }

  /** Stores a generation and makes it the active one, on condition that `previous` still was. */
  async activate(
    configuration: Configuration,
    by: {
      previous: number;
      author: string;
      principal?: string | undefined;
      now: number;
      /** The generation before was not carried out everywhere yet. */
      overUnfinished?: boolean | undefined;
      /** What was released for this generation and later ones counts on; the new one alone when left out. */
      releasedSince?: number | undefined;
      canary?: { firewalls: readonly string[]; promoteAfterMs?: number | undefined } | undefined;
    },
  ): Promise<number> {
    const generation = by.previous + 1;
    const document = JSON.stringify(configuration);
    const id = digest(document);
    const parts = Array.from({ length: Math.ceil(document.length / partLength) }, (_, part) =>
      document.slice(part * partLength, (part + 1) * partLength),
    );
    for (const [index, text] of parts.entries()) {
      await this.#tables.write({
        key: partKey(id, index),
        put: { text },
      });
    }
    const made: Item = {
      parts: parts.length,
      document: id,
      author: by.author,
      activatedAt: by.now,
      releasedSince: by.releasedSince ?? generation,
      ...(by.principal === undefined ? {} : { principal: by.principal }),
    };
    const pointer: Write = {
      key: configurationPointer,
      // An update: pauses and the version of the quarantines stand in the same row.
      update: {
        set: { generation, ...made, ...canaryItem(by) },
        remove: [
          ...(by.principal === undefined ? ['principal'] : []),
          ...(by.canary === undefined ? canaryAttributes : []),
          ...(by.canary?.promoteAfterMs === undefined && by.canary ? ['promoteAfterMs'] : []),
        ],
      },
      if: [{ attribute: 'generation', is: 'absent or =', value: by.previous }],
    };
    const row = { ...made, overUnfinished: by.overUnfinished ?? false };
    await this.#tables.transact([pointer, { key: generationKey(generation), put: row }]);
    return generation;
  }
}

/** Attributes of the pointer while a canary is on. */
const canaryAttributes = ['canary', 'canaryBase', 'promoteAfterMs', 'wellSince'];

function canaryItem(by: {
  previous: number;
  now: number;
  canary?: { firewalls: readonly string[]; promoteAfterMs?: number | undefined } | undefined;
}): Item {
  if (!by.canary) return {};
  const { firewalls, promoteAfterMs } = by.canary;
  return {
    canary: [...firewalls],
    canaryBase: by.previous,
    wellSince: by.now,
    ...(promoteAfterMs === undefined ? {} : { promoteAfterMs }),
  };
}

function compiled(configuration: Configuration): Map<string, CompiledGroup> {
  return new Map(compileGroups(configuration).map((group) => [group.group.name, group]));
}

/** All clusters are meant where none is named, but no hosts: whoever may set tags gets into no group that does not name them. */
function compileGroups({ groups, clusters, hosts }: Configuration): CompiledGroup[] {
  const all = hosts === undefined ? undefined : new Set(Object.keys(clusters));
  return Object.values(groups)
    .map(compileGroup)
    .map((group) => ({ ...group, clusters: group.clusters ?? all }));
}

/** Compiles selectors and ranges of a configuration. */
export function derive(
  generation: number,
  author: string,
  configuration: Configuration,
): ActiveConfiguration {
  const clusters = new Map<string, ActiveCluster>();
  const { hub, hosts = {} } = configuration;
  for (const [key, settings] of Object.entries(configuration.clusters)) {
    const readRole = settings.resolveNames && readRoleOf(hub, settings, 'resolver');
    add(clusters, { key, identity: settings, place: settings, readRole, settings, tags: undefined });
  }
  for (const [key, place] of Object.entries(hosts)) {
    const readRole = readRoleOf(hub, place, 'hosts');
    const identity = hostsIdentity(key, place);
    add(clusters, { key, identity, place, readRole, settings: {}, tags: place.tags });
  }
  const groups = compileGroups(configuration);
  return {
    generation,
    releasedSince: generation,
    author,
    configuration,
    groups,
    clusters,
    activatedAt: 0,
    canary: undefined,
    principal: undefined,
    freezes: readFreezes(approvalRules(configuration).freeze, configuration.firewalls),
    quarantines: noQuarantines,
    paused: undefined,
  };
}

function add(
  clusters: Map<string, ActiveCluster>,
  one: {
    key: string;
    identity: ClusterIdentity;
    place: ClusterConfiguration | HostsConfiguration;
    readRole: string | undefined;
    settings: Partial<ClusterConfiguration>;
    tags: TagFilter | undefined;
  },
): void {
  const { key, identity, place, readRole, settings, tags } = one;
  const { realm, sharedRanges, region } = place;
  const id = clusterId(identity);
  const source = clusterSource(identity);
  const ranges = parseRanges(place.ranges);
  clusters.set(id, { key, id, source, realm, sharedRanges, ranges, region, readRole, settings, tags });
}
