import type { Json } from './refusal.ts';

/** Versions between which a field exists: `since` included, `until` excluded. */
interface Lifetime {
  since?: string;
  until?: string;
}

/** A list of names that point to rows of other tables, such as the members of a group. Its rows have their own URLs. */
export interface LinkListField extends Lifetime {
  kind: 'links';
  /** Tables searched in this order; empty: any name is taken. */
  tables: readonly string[];
  /** Name length of one entry. */
  max: number;
  /** The most entries, from the device's limits. */
  limit?: 'groupMembers';
  /** An empty list is refused before this version. */
  emptySince?: string;
  /** Nesting must not form a circle. */
  acyclic?: boolean;
}

export type ScalarField = Lifetime &
  (
    | { kind: 'text'; max: number; default?: string }
    /** One name that points to a row of another table. */
    | { kind: 'link'; tables: readonly string[]; max: number; default: string }
    /** Values with the version that brought them where that is later than 6.4. */
    | { kind: 'choice'; values: Readonly<Record<string, string>>; default: string }
    | { kind: 'integer'; min: number; max: number; default: number }
    | { kind: 'subnet'; default: string }
    | { kind: 'ipv4'; default: string }
    | { kind: 'prefix6'; default: string }
    | { kind: 'uuid' }
    /** Kept as it is sent: child tables nobody refers to. */
    | { kind: 'opaque'; default: Json }
  );

export type Field = LinkListField | ScalarField;

/** One configuration table (or, with `single`, one settings object). */
export interface TableSchema {
  /** `firewall/address` of `/api/v2/cmdb/firewall/address`. */
  path: string;
  /** Name of the key field; a number key of 0 asks for the next free one. */
  key: 'name' | 'policyid';
  keyMax: number;
  /** Permission an API profile needs, such as `fwgrp.address`. */
  right: string;
  fields: Readonly<Record<string, Field>>;
  /** Rows of a new VDOM. They can be neither changed in name nor deleted. */
  predefined?: readonly Readonly<Record<string, Json>>[];
  /** Tables that share the name space, with the error a clash gives. */
  sharesNames?: Readonly<Record<string, number>>;
  /** Which of the device's limits counts its rows. */
  limit?: 'addresses' | 'groups';
  /** Settings object: no rows, `results` is an object. */
  single?: boolean;
}

/** Values that exist since before 6.4. */
export function choices(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '0.0.0']));
}

export function text(max: number, fallback = ''): ScalarField {
  return { kind: 'text', max, default: fallback };
}

export function toggle(fallback: 'enable' | 'disable', lifetime: Lifetime = {}): ScalarField {
  return { kind: 'choice', values: choices('enable', 'disable'), default: fallback, ...lifetime };
}

export function integer(min: number, max: number, fallback: number): ScalarField {
  return { kind: 'integer', min, max, default: fallback };
}
