import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../../core/errors.ts';
import type { ObjectUse } from '../../../core/firewall.ts';
import type { FortigateClient } from '../client.ts';
import { row, table } from '../client.ts';
import { isInUse, isMissing } from '../errors.ts';
import { readRow } from './rows.ts';

/** Assumption: the form is what public clients of this resource read; no published contract describes it. */
const usage = z.looseObject({
  currently_using: z.array(
    z.looseObject({
      path: z.string(),
      name: z.string(),
      mkey: z.union([z.string(), z.number()]).optional(),
      attribute: z.string().optional(),
    }),
  ),
});

/** An object in the configuration database. */
export interface ConfigObject {
  path: 'firewall' | 'system';
  table: 'addrgrp' | 'addrgrp6' | 'external-resource';
  name: string;
}

/** How often something refers to an object (`q_ref`), and what, where the device tells. An object that is not there is used by nothing. */
export async function readUse(client: FortigateClient, object: ConfigObject): Promise<ObjectUse> {
  const found = await readRow(client, row(table(object.path, object.table), object.name), { with_meta: 1 });
  if (!found) return { count: 0, users: [] };
  const count = typeof found['q_ref'] === 'number' ? found['q_ref'] : undefined;
  if (count === 0) return { count, users: [] };
  const users = await readUsers(client, object);
  // Without any count nobody can say that it is free: the deletion itself decides, the device refuses it while it is used.
  return { count: count ?? (users.length > 0 ? users.length : undefined), users };
}

/** Who refers to it; empty where the administrator may not ask, or the version has no such resource. */
async function readUsers(client: FortigateClient, object: ConfigObject): Promise<ObjectUse['users']> {
  try {
    const query = { q_path: object.path, q_name: object.table, mkey: object.name };
    const { results } = await client.get('/api/v2/monitor/system/object/usage', query);
    const parsed = usage.safeParse(Array.isArray(results) ? results[0] : results);
    if (!parsed.success) return [];
    return parsed.data.currently_using.map(({ path, name, mkey, attribute }) => ({
      where: `${path}/${name}`,
      key: String(mkey ?? ''),
      field: attribute,
    }));
  } catch (error) {
    if (isMissing(error) || isZonebridgeError(error, 'firewall/permission-denied')) return [];
    throw error;
  }
}

/** Deletes an object that was just seen as ours. Throws `firewall/object-in-use` when something refers to it. */
export async function deleteConfigObject(client: FortigateClient, object: ConfigObject): Promise<void> {
  try {
    await client.delete(row(table(object.path, object.table), object.name));
  } catch (error) {
    if (isMissing(error)) return;
    if (!isInUse(error)) throw error;
    throw new ZonebridgeError('firewall/object-in-use', `${object.name} is used by something`, {
      cause: error,
    });
  }
}

/** Of two objects that belong together. */
export function bothUses(a: ObjectUse, b: ObjectUse): ObjectUse {
  const count = a.count === undefined || b.count === undefined ? undefined : a.count + b.count;
  return { count, users: [...a.users, ...b.users] };
}
