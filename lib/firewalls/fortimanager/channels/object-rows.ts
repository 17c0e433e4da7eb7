import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import { addressPrefix, inUrl } from '../names.ts';

const row = z.looseObject({ name: z.string(), comment: z.string().catch('') });
const groupRow = row.extend({ member: z.union([z.array(z.string()), z.string().transform((one) => [one])]) });
export type Row = z.infer<typeof row>;
export type GroupRow = z.infer<typeof groupRow>;

export const families: readonly AddressFamily[] = [4, 6];
/** Built-in address that matches nothing: the member of a group that must not be empty. */
export const placeholder = 'none';

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

/** Asks for the marks of both groups of an object. */
export function groupParams(
  client: FortimanagerClient,
  object: ObjectRef,
  more: readonly string[] = [],
): Param[] {
  return families.map((family) => ({
    url: objectUrl(client, groupTable(family), object.name),
    fields: ['name', 'comment', ...more],
    ...(more.length === 0 ? { loadsub: 0 } : {}),
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

/** A row that was asked for; undefined when the manager says that it is not there. */
export async function rowOf(
  client: FortimanagerClient,
  param: Param | undefined,
  element: Element | undefined,
): Promise<Row | undefined> {
  return await parsed(client, { param, element }, row);
}

/** A group with its members. One that came without the field is an error, not an empty group. */
export async function groupOf(
  client: FortimanagerClient,
  param: Param | undefined,
  element: Element | undefined,
): Promise<GroupRow | undefined> {
  return await parsed(client, { param, element }, groupRow);
}

export async function rowsOf(
  client: FortimanagerClient,
  param: Param | undefined,
  element: Element | undefined,
): Promise<Row[]> {
  return (await parsed(client, { param, element }, z.array(row).or(z.null().transform(() => [])))) ?? [];
}

async function parsed<T>(
  client: FortimanagerClient,
  { param = { url: '?' }, element }: { param: Param | undefined; element: Element | undefined },
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  if (element?.status.code === -3) return undefined;
  if (element?.status.code !== 0) throw await client.error('get', param, element);
  const found = schema.safeParse(element.data);
  if (!found.success)
    throw new ZonebridgeError('firewall/unexpected-answer', `get ${param.url}: the row came back incomplete`);
  return found.data;
}
