import { z } from 'zod';
import { isZonebridgeError } from '../../../core/errors.ts';
import type { ObjectUse } from '../../../core/firewall.ts';
import type { FmcClient } from '../client.ts';
import { listAll } from '../lists.ts';
import type { DynamicObjects } from './dynamic-objects.ts';

const named = z.looseObject({ id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/), name: z.string() });
const references = z
  .looseObject({ objects: z.array(z.looseObject({ id: z.string() })).optional() })
  .optional();
const owner = z.looseObject({ accessPolicy: z.looseObject({ name: z.string().optional() }).optional() });
const rule = named.extend({
  sourceDynamicObjects: references,
  destinationDynamicObjects: references,
  metadata: owner.optional().catch(undefined),
});

/** Policies whose rules are read to name the users of an object, and rules of all of them; each 1,000 rules cost a call. */
const policiesMax = 20;
const rulesMax = 20_000;

/**
 * Who uses a dynamic object. The manager tells only which ones nobody uses; the rules that use one are looked for in the access
 * policies, where the user may read them. The count is the least that is known.
 */
export async function readDynamicUse(
  client: FmcClient,
  objects: DynamicObjects,
  id: string,
): Promise<ObjectUse> {
  const unused = await objects.list({ filter: 'unusedOnly:true' });
  if (unused.some((one) => one.id === id)) return { count: 0, users: [] };
  const users = await rulesWith(client, id);
  return { count: Math.max(1, users.length), users };
}

/** A policy that inherits lists the rules of its base, too: each counts once, and for the policy that it belongs to. */
async function rulesWith(client: FmcClient, id: string): Promise<ObjectUse['users']> {
  const path = '/policy/accesspolicies';
  const users = new Map<string, ObjectUse['users'][number]>();
  try {
    const policies = await listAll(client, named, { path });
    let left = rulesMax;
    for (const policy of policies.slice(0, policiesMax)) {
      const listed = await rulesOf(client, policy.id, left);
      left -= listed.length;
      for (const one of listed)
        for (const use of usesIn(one, id, policy.name)) users.set(`${one.id} ${use.field}`, use);
    }
  } catch (error) {
    // A user with the least rights may not look into policies.
    if (!isZonebridgeError(error, 'firewall/permission-denied', 'firewall/object-missing')) throw error;
  }
  return [...users.values()];
}

/** None of a policy that has more than are read; it costs the call that tells it. */
async function rulesOf(client: FmcClient, policy: string, most: number): Promise<z.infer<typeof rule>[]> {
  const request = {
    path: `/policy/accesspolicies/${policy}/accessrules`,
    query: { expanded: 'true' },
    most,
  };
  try {
    return await listAll(client, rule, request);
  } catch (error) {
    if (isZonebridgeError(error) && error.fields.tooLong === true) return [];
    throw error;
  }
}

function usesIn(one: z.infer<typeof rule>, id: string, policy: string): ObjectUse['users'] {
  const fields = (['sourceDynamicObjects', 'destinationDynamicObjects'] as const).filter((field) =>
    one[field]?.objects?.some((object) => object.id === id),
  );
  const where = `access policy ${one.metadata?.accessPolicy?.name ?? policy}`;
  return fields.map((field) => ({ where, key: one.name, field }));
}

/** Who uses a network group, by the manager's own answer; without it from 7.2 on only whether somebody does. */
export async function readGroupUse(client: FmcClient, id: string): Promise<ObjectUse> {
  try {
    const query = { filter: `uuid:${id};type:NetworkGroup` };
    const user = z.looseObject({ name: z.string(), type: z.string().optional() });
    const users = await listAll(client, user, { path: '/object/operational/usage', query });
    return {
      count: users.length,
      users: users.map(({ name, type }) => ({ where: type ?? 'object', key: name, field: undefined })),
    };
  } catch (error) {
    if (
      !isZonebridgeError(
        error,
        'firewall/object-missing',
        'firewall/unsupported',
        'firewall/permission-denied',
      )
    )
      throw error;
  }
  const unused = await listAll(client, named, {
    path: '/object/networkgroups',
    query: { filter: 'unusedOnly:true' },
  });
  return unused.some((one) => one.id === id) ? { count: 0, users: [] } : { count: 1, users: [] };
}
