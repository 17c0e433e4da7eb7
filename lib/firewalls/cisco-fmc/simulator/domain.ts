import { isObject, type JsonObject } from './refusal.ts';
import { referencedIds, type Row, Table } from './table.ts';

export type Section = 'Mandatory' | 'Default';

/** A rule of an access policy; it lies in the section Default unless another one is named (so the public client fireREST 1.3.0 tells of the API). */
export interface Rule extends Row {
  section?: Section;
}

/** A rule and the policy that it belongs to. */
export interface Placed {
  rule: Rule;
  policy: Row;
}

/** UUID of the domain that every manager has. */
export const globalDomain = 'e276abec-e0f2-11e3-8169-6d9ed49b625f';

const networkTypes: readonly (readonly [path: string, type: string])[] = [
  ['object/hosts', 'Host'],
  ['object/networks', 'Network'],
  ['object/ranges', 'Range'],
  ['object/fqdns', 'FQDN'],
  ['object/networkgroups', 'NetworkGroup'],
];

const ruleLists = [
  'sourceNetworks',
  'destinationNetworks',
  'sourceDynamicObjects',
  'destinationDynamicObjects',
];

/** What refers to an object. */
export interface User {
  id: string;
  name: string;
  type: string;
}

/** Everything that one domain of the manager holds. */
export class Domain {
  readonly uuid: string;
  readonly name: string;
  tables: ReadonlyMap<string, Table>;
  /** Mappings of each dynamic object, as they were typed. */
  readonly mappings = new Map<string, Set<string>>();
  /** Rules of each access policy, in their order. */
  readonly rules = new Map<string, Rule[]>();
  /** Policies that others inherit from, by the id of the one that inherits. */
  readonly bases = new Map<string, string>();
  /** Something that a policy uses was changed since the last deployment. */
  outOfDate = false;

  constructor(uuid: string, name: string) {
    this.uuid = uuid;
    this.name = name;
    const types = [
      ...networkTypes,
      ['object/dynamicobjects', 'DynamicObject'],
      ['policy/accesspolicies', 'AccessPolicy'],
    ] as const;
    this.tables = new Map(types.map(([path, type]) => [path, new Table(path, type)]));
    const system = { user: 'system', timestamp: 0, system: true };
    const any = (name: string, value: string) =>
      this.table('object/hosts').put({
        ...system,
        id: crypto.randomUUID(),
        name,
        fields: { name, type: 'Host', value },
      });
    any('any-ipv6', '::/0');
    this.table('object/networks').put({
      ...system,
      id: crypto.randomUUID(),
      name: 'any-ipv4',
      fields: { name: 'any-ipv4', type: 'Network', value: '0.0.0.0/0' },
    });
  }

  /** The same domain again, on its own: what is read there stays as it is now. */
  copy(): Domain {
    const copy = new Domain(this.uuid, this.name);
    copy.tables = new Map([...this.tables].map(([path, table]) => [path, table.copy()]));
    for (const [id, mappings] of this.mappings) copy.mappings.set(id, new Set(mappings));
    for (const [policy, rules] of this.rules) copy.rules.set(policy, rules);
    for (const [policy, base] of this.bases) copy.bases.set(policy, base);
    copy.outOfDate = this.outOfDate;
    return copy;
  }

  /** A table that exists; throws RangeError. */
  table(path: string): Table {
    const table = this.tables.get(path);
    if (!table) throw new RangeError(`there is no table ${path}`);
    return table;
  }

  get networkTables(): Table[] {
    return networkTypes.map(([path]) => this.table(path));
  }

  /** A network object or group by its id. */
  network(id: string): { row: Row; type: string } | undefined {
    for (const table of this.networkTables) {
      const row = table.get(id);
      if (row) return { row, type: table.type };
    }
    return undefined;
  }

  /** A policy and those that it inherits from, the outermost first. */
  lineage(policy: Row): Row[] {
    const base = this.table('policy/accesspolicies').get(this.bases.get(policy.id) ?? '');
    return base ? [...this.lineage(base), policy] : [policy];
  }

  /** The rules that act in a policy, in their order: its own ones between the sections of the one that it inherits from. */
  actingRules(policy: Row): Placed[] {
    const line = this.lineage(policy);
    const of = (section: Section) => (from: Row) =>
      (this.rules.get(from.id) ?? [])
        .filter((rule) => (rule.section ?? 'Default') === section)
        .map((rule) => ({ rule, policy: from }));
    return [...line.flatMap(of('Mandatory')), ...line.toReversed().flatMap(of('Default'))];
  }

  /** Groups and rules that refer to an object. */
  usersOf(id: string): User[] {
    const groups = this.table('object/networkgroups').rows.filter(({ fields }) =>
      referencedIds(fields['objects']).includes(id),
    );
    const rules = [...this.rules.values()].flat().filter(({ fields }) => usesOf(fields).includes(id));
    return [
      ...groups.map((row) => ({ id: row.id, name: row.name, type: 'NetworkGroup' })),
      ...rules.map((row) => ({ id: row.id, name: row.name, type: 'AccessRule' })),
    ];
  }

  /** Whether a policy depends on an object, also through groups. */
  isInPolicy(id: string): boolean {
    return this.usersOf(id).some(({ id: user, type }) => type === 'AccessRule' || this.isInPolicy(user));
  }
}

/** Ids that a rule names. */
function usesOf(fields: JsonObject): string[] {
  return ruleLists.flatMap((name) => {
    const list = fields[name];
    return isObject(list) ? referencedIds(list['objects']) : [];
  });
}
