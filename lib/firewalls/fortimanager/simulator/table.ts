import { invalidData, isObject, noObject, type Json, type JsonObject, Refusal, textOf } from './refusal.ts';

/** Normalized interfaces. */
export const interfaceTable = 'dynamic/interface';

/** What a table of an ADOM checks and shows. */
export interface TableSchema {
  path: string;
  key: string;
  /** Longest texts. */
  lengths: Readonly<Record<string, number>>;
  defaults: Readonly<Record<string, Json>>;
  /** Words with their numbers, by field. */
  words: Readonly<Record<string, readonly string[]>>;
  /** Fields that name rows of other tables. */
  references: Readonly<Record<string, readonly string[]>>;
}

const address = { name: 79, comment: 255 };
const onOff = ['disable', 'enable'];
const anyInterface = ['any'];
const nothingLeftOut = { exclude: 'disable', 'exclude-member': [] };
const addressTypes = ['ipmask', 'iprange', 'fqdn', 'wildcard', 'geography', 'dynamic'];

export const tableSchemas: readonly TableSchema[] = [
  {
    path: 'firewall/address',
    key: 'name',
    lengths: address,
    defaults: {
      type: 'ipmask',
      subnet: ['0.0.0.0', '0.0.0.0'],
      comment: '',
      color: 0,
      'associated-interface': anyInterface,
      'allow-routing': 'disable',
      'fsso-group': [],
    },
    words: { type: addressTypes, 'allow-routing': onOff },
    references: { 'fsso-group': ['user/adgrp'] },
  },
  {
    path: 'firewall/address6',
    key: 'name',
    lengths: address,
    defaults: { type: 'ipprefix', ip6: '::/0', comment: '', color: 0 },
    words: { type: ['ipprefix', 'iprange', 'fqdn'] },
    references: {},
  },
  {
    path: 'firewall/addrgrp',
    key: 'name',
    lengths: address,
    defaults: { type: 'default', member: [], ...nothingLeftOut, comment: '', color: 0 },
    words: { type: ['default', 'folder'], exclude: onOff },
    references: {
      member: ['firewall/address', 'firewall/addrgrp'],
      'exclude-member': ['firewall/address', 'firewall/addrgrp'],
    },
  },
  {
    path: 'firewall/addrgrp6',
    key: 'name',
    lengths: address,
    defaults: { member: [], ...nothingLeftOut, comment: '', color: 0 },
    words: { exclude: onOff },
    references: {
      member: ['firewall/address6', 'firewall/addrgrp6'],
      'exclude-member': ['firewall/address6', 'firewall/addrgrp6'],
    },
  },
  {
    path: 'user/json',
    key: 'name',
    lengths: { name: 35 },
    defaults: { status: 'enable' },
    words: { status: onOff },
    references: {},
  },
  {
    path: 'user/adgrp',
    key: 'name',
    lengths: { name: 511, 'server-name': 35, 'connector-source': 35 },
    defaults: { 'server-name': '', 'connector-source': '' },
    words: {},
    references: {},
  },
  {
    path: 'system/external-resource',
    key: 'name',
    lengths: { name: 35, resource: 511, comments: 255 },
    defaults: { status: 'enable', type: 'category', resource: '', comments: '' },
    words: { status: onOff },
    references: {},
  },
  {
    path: interfaceTable,
    key: 'name',
    lengths: {},
    defaults: { 'default-mapping': 'disable', 'defmap-intf': '' },
    words: { 'default-mapping': onOff },
    references: {},
  },
  {
    path: 'firewall/policy',
    key: 'policyid',
    lengths: { name: 35 },
    defaults: { action: 'deny', status: 'enable', srcaddr: [], dstaddr: [], 'fsso-groups': [] },
    words: { action: ['deny', 'accept'], status: onOff },
    references: {
      srcaddr: ['firewall/address', 'firewall/addrgrp', 'system/external-resource'],
      dstaddr: ['firewall/address', 'firewall/addrgrp', 'system/external-resource'],
      'fsso-groups': ['user/adgrp'],
      srcintf: [interfaceTable],
      dstintf: [interfaceTable],
    },
  },
];

export type Rows = ReadonlyMap<string, JsonObject>;

/** What was sent as one row, with words for numbers and lists for texts; throws for what does not fit. */
export function normalRow(schema: TableSchema, input: Json): JsonObject {
  if (!isObject(input)) throw invalidData('no object');
  const row: JsonObject = {};
  for (const [field, value] of Object.entries(input)) {
    if (field === 'revision note') continue;
    row[field] = normalValue(schema, field, value);
  }
  for (const [field, longest] of Object.entries(schema.lengths)) {
    const text = row[field];
    if (typeof text === 'string' && text.length > longest) throw invalidData(`${field} is too long`);
    if (typeof text === 'string' && /["'<>]/.test(text))
      throw invalidData(`${field} holds characters that are not allowed`);
  }
  return row;
}

function normalValue(schema: TableSchema, field: string, value: Json): Json {
  const words = schema.words[field];
  if (words && typeof value === 'number') return words[value] ?? textOf(value);
  if (words && typeof value === 'string' && !words.includes(value)) throw invalidData(`${field} ${value}`);
  if (field in schema.references) return [value].flat().map(textOf);
  if (field === 'subnet') return subnetPair(value);
  // A list with one name, whatever was sent: so the library of the Terraform provider writes and reads it.
  if (field === 'associated-interface') return textOf(value) === '' ? [...anyInterface] : [value].flat();
  return value;
}

/** `10.0.0.1/32` and `10.0.0.1 255.255.255.255` are stored as a pair. */
function subnetPair(value: Json): Json {
  if (Array.isArray(value)) return value;
  const [ip = '', mask = '32'] = textOf(value).split(/[ /]/);
  if (mask.includes('.')) return [ip, mask];
  const bits = Number(mask);
  const parts = [0, 8, 16, 24].map((shift) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - shift))));
  return [ip, parts.join('.')];
}

/** As a `get` shows it: numbers unless `verbose`. */
export function shownRow(schema: TableSchema, row: JsonObject, verbose: boolean): JsonObject {
  if (verbose) return row;
  return Object.fromEntries(
    Object.entries(row).map(([field, value]) => {
      const number = typeof value === 'string' ? (schema.words[field]?.indexOf(value) ?? -1) : -1;
      return [field, number < 0 ? value : number];
    }),
  );
}

/** A list field as texts. */
export function listOf(row: JsonObject | undefined, field: string): string[] {
  const value = row?.[field];
  return Array.isArray(value) ? value.map(textOf) : [];
}

export function rowOf(rows: Rows, key: string): JsonObject {
  const row = rows.get(key);
  if (!row) throw noObject();
  return row;
}

const builtInAddresses = ['none', 'all'];

/** What every ADOM has in tables that a field may name. */
export function isBuiltIn(tables: readonly string[], name: string): boolean {
  return tables.includes(interfaceTable) ? name === 'any' : builtInAddresses.includes(name);
}

export function missingReference(name: string): Refusal {
  return new Refusal(-10131, `datasrc invalid. object: ${name} does not exist`);
}
