import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import { type Element, rowsOf as rowsIn } from '../envelope.ts';
import { addressPrefix, inUrl } from '../names.ts';
import { emptyGroupsSince, exclude6Since, isAtLeast } from '../version.ts';

const row = z.looseObject({ name: z.string(), comment: z.string().catch('') });
const member = z.union([z.array(z.string()), z.string().transform((one) => [one])]);
/** What a group leaves out of what its members match, as far as its version can. Assumption: these names, as FortiOS has them. */
const exclusion = {
  exclude: z.unknown().optional(),
  'exclude-member': member.optional().catch(undefined),
};
const groupRow = row.extend({ member, ...exclusion });
const mappingRow = z.looseObject({ comment: z.string().catch(''), member, ...exclusion });
/** That of a stranger's mapping may be anything: it is none of ours then. */
const scope = z.array(z.looseObject({ name: z.string().nullish(), vdom: z.string().nullish() })).catch([]);
/** A group without a mapping may say so by nothing. */
const mappings = rowsIn(z.looseObject({ _scope: scope, comment: z.string().catch('') }));
const mappedRow = row.extend({ dynamic_mapping: mappings });
const mappedGroup = mappedRow.extend({ member });
export type Row = z.infer<typeof row>;
export type MappedGroup = z.infer<typeof mappedGroup>;

export const families: readonly AddressFamily[] = [4, 6];
/** Built-in address that matches nothing: the member of a group that must not be empty. */
export const placeholder = 'none';

/** Members of a group that has none. Before FortiOS 7.2 a group must have a member; there it keeps one that matches nothing. */
export function emptyMembers({ version }: FortimanagerClient): string[] {
  return isAtLeast(version, emptyGroupsSince) ? [] : [placeholder];
}

export function groupTable(family: AddressFamily): 'firewall/addrgrp' | 'firewall/addrgrp6' {
  return family === 4 ? 'firewall/addrgrp' : 'firewall/addrgrp6';
}

export function addressTable(family: AddressFamily): 'firewall/address' | 'firewall/address6' {
  return family === 4 ? 'firewall/address' : 'firewall/address6';
}

/** URL of a table of the ADOM, or of one row in it. */
export function objectUrl(client: FortimanagerClient, table: string, name?: string): string {
  const path = `/pm/config/adom/${client.settings.adom}/obj/${table}`;
  return name === undefined ? path : `${path}/${inUrl(name)}`;
}

/** Fields by which the members of a group, or of a mapping, are read. */
export function memberFields({ version }: FortimanagerClient, family: AddressFamily): string[] {
  const excludes = family === 4 || isAtLeast(version, exclude6Since);
  return ['comment', 'member', ...(excludes ? ['exclude', 'exclude-member'] : [])];
}

/** Names that a group leaves out. One that says so without telling what fails: it is not known what it matches. */
export function excludedIn(found: z.infer<typeof mappingRow> | undefined, name: string): string[] {
  if (found?.exclude !== 'enable' && found?.exclude !== 1) return [];
  if (found['exclude-member']) return found['exclude-member'];
  const text = `${name} came back without what it leaves out (exclude-member)`;
  throw new ZonebridgeError('firewall/unexpected-answer', text);
}

/** Fields that let a group leave out these and nothing else. Assumption: both may be set in one call. */
export function leavingOut(names: readonly string[]): { exclude: string; 'exclude-member': string[] } {
  return { exclude: names.length > 0 ? 'enable' : 'disable', 'exclude-member': [...names] };
}

/** Asks for the marks of both groups of an object. */
export function groupParams(client: FortimanagerClient, object: ObjectRef, members = false): Param[] {
  return families.map((family) => ({
    url: objectUrl(client, groupTable(family), object.name),
    ...(members
      ? { fields: ['name', ...memberFields(client, family)] }
      : { fields: ['name', 'comment'], loadsub: 0 }),
  }));
}

/** Asks for all address objects that bear names of ours. */
export function ownAddressParams(client: FortimanagerClient, hub: string): Param[] {
  return families.map((family) => ({
    url: objectUrl(client, addressTable(family)),
    fields: ['name', 'type', family === 4 ? 'subnet' : 'ip6'],
    filter: [['name', 'like', `${addressPrefix(hub)}%`]],
    loadsub: 0,
  }));
}

/** Reads the answer to one question; undefined when the manager says that it is not there. What came without a field is an error. */
function reading<T>(schema: z.ZodType<T>) {
  return async (
    client: FortimanagerClient,
    param: Param | undefined,
    element: Element | undefined,
  ): Promise<T | undefined> => {
    const asked = param ?? { url: '?' };
    if (element?.status.code === -3) return undefined;
    if (element?.status.code !== 0) throw await client.error('get', asked, element);
    const found = schema.safeParse(element.data);
    if (found.success) return found.data;
    throw new ZonebridgeError('firewall/unexpected-answer', `get ${asked.url}: the row came back incomplete`);
  };
}

function readingAll<T>(schema: z.ZodType<T>) {
  const read = reading<T[]>(rowsIn(schema));
  return async (...asked: Parameters<typeof read>): Promise<T[]> => (await read(...asked)) ?? [];
}

export const rowOf = reading(row);
/** A group with its members: without the field it would look empty. */
export const groupOf = reading(groupRow);
/** A per-device mapping with its members. */
export const mappingOf = reading(mappingRow);
/** A group with its members and its mappings: without either it would look unused. */
export const mappedGroupOf = reading(mappedGroup);
export const mappedGroupsOf = readingAll(mappedRow);
export const rowsOf = readingAll(row);
