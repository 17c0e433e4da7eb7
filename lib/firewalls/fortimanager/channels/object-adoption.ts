import type { FormerMembers, ObjectChanges, ObjectRef } from '../../../core/firewall.ts';
import type { Marks } from '../../shared/marks.ts';
import type { FortimanagerClient } from '../client.ts';
import { addressOfRow } from '../translate.ts';
import type { FoundGroup } from './group-place.ts';
import { missing } from './object-members.ts';
import { addressTable, groupOf, groupParams, objectUrl, placeholder, rowsOf } from './object-rows.ts';

/**
 * Whether the groups that were just read are a former tool's that becomes ours: the whole comment is the listed one. An IPv6 group of the
 * name must be ours or absent, because we would write into both.
 */
export function isAdoption(
  { object, adoptWith }: ObjectChanges,
  [four, six]: readonly FoundGroup[],
  marks: Marks,
): boolean {
  const { adopt } = object;
  if (adoptWith === undefined || adopt === undefined || four?.comment !== adopt) return false;
  return six?.comment === undefined || marks.isFor(object, six.comment);
}

/** What a former tool's IPv4 group matches, in one call; the address table is read as a whole, because names do not tell addresses. */
export async function readFormer(client: FortimanagerClient, object: ObjectRef): Promise<FormerMembers> {
  const [group] = groupParams(client, object, true);
  const table = {
    url: objectUrl(client, addressTable(4)),
    fields: ['name', 'type', 'subnet'],
    loadsub: 0,
  };
  const params = [...(group ? [group] : []), table];
  const elements = await client.read(params);
  const found = await groupOf(client, params[0], elements[0]);
  if (!found) throw missing(object);
  const rows = await rowsOf(client, table, elements[1]);
  const known = new Map(rows.map((row) => [row.name, addressOfRow(row)]));
  const names = found.member.filter((name) => name !== placeholder);
  const addresses = new Set(names.flatMap((name) => known.get(name) ?? []));
  return { addresses: [...addresses], others: names.filter((name) => known.get(name) === undefined) };
}
