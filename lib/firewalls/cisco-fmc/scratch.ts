import { z } from 'zod';
import type { ConnectionRequest } from '../../core/firewall.ts';
import { refusalOf } from '../shared/refusal.ts';
import { FmcClient } from './client.ts';
import { parseCredential } from './credential.ts';
import type { Body } from './envelope.ts';
import { listAll } from './lists.ts';
import { platformPath } from './login.ts';
import type { FmcSettings } from './schema.ts';
import { Wire } from './wire.ts';

export const objects = '/object/dynamicobjects';
export const groups = '/object/networkgroups';
const mappings = '/object/dynamicobjectmappings';

const mapped = z.looseObject({ mapping: z.string() });
const listed = z.looseObject({ items: z.array(mapped).default([]) });
const withId = z.looseObject({ id: z.string() });

export async function withClient<T>(
  request: ConnectionRequest<FmcSettings>,
  work: (client: FmcClient) => Promise<T>,
): Promise<T> {
  const client = new FmcClient(request);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

export async function withObject<T>(
  request: ConnectionRequest<FmcSettings>,
  name: string,
  work: (client: FmcClient, name: string) => Promise<T>,
): Promise<T> {
  return await withClient(request, async (client) => {
    try {
      await makeObject(client, name);
      return await work(client, name);
    } finally {
      await remove(client, `${objects}/${name}`);
    }
  });
}

export async function makeObject(client: FmcClient, name: string): Promise<void> {
  await client.post(objects, { name, type: 'DynamicObject', objectType: 'IP' });
}

export async function change(
  client: FmcClient,
  name: string,
  wanted: { add?: readonly string[]; remove?: readonly string[] },
): Promise<Body> {
  const entry = (list: readonly string[]) => [
    { dynamicObject: { name, type: 'DynamicObject' }, mappings: list },
  ];
  return await client.post(mappings, {
    ...(wanted.add ? { add: entry(wanted.add) } : {}),
    ...(wanted.remove ? { remove: entry(wanted.remove) } : {}),
  });
}

/** The mappings, 25 to a page, in the order in which they come. */
export async function pages(client: FmcClient, name: string): Promise<string[]> {
  const found: string[] = [];
  for (let offset = 0; offset < 200; offset += 25) {
    const body = await client.get(`${objects}/${name}/mappings`, { limit: 25, offset });
    found.push(...listed.parse(body).items.map(({ mapping }) => mapping));
  }
  return found;
}

/** Makes a network group and returns its id. */
export async function makeGroup(
  client: FmcClient,
  name: string,
  members: Readonly<Record<string, unknown>>,
): Promise<string> {
  const made = await client.post(groups, { name, type: 'NetworkGroup', ...members });
  return withId.parse(made).id;
}

export async function read(client: FmcClient, name: string): Promise<string[]> {
  return (await listAll(client, mapped, { path: `${objects}/${name}/mappings` })).map(
    ({ mapping }) => mapping,
  );
}

export async function remove(client: FmcClient, path: string): Promise<void> {
  const error = await refusalOf(() => client.whileBusy(async () => await client.delete(path)));
  if (error !== undefined && error.code !== 'firewall/object-missing') throw error;
}

export async function logInAgain(request: ConnectionRequest<FmcSettings>): Promise<void> {
  const credential = parseCredential(request.credential);
  if ('token' in credential) return;
  const wire = new Wire(request);
  const basic = Buffer.from(`${credential.user}:${credential.password}`).toString('base64');
  const target = `${platformPath}/auth/generatetoken`;
  try {
    await wire.send({
      method: 'POST',
      target,
      call: `POST ${target}`,
      headers: { authorization: `Basic ${basic}` },
      secrets: [basic, credential.password],
      login: true,
    });
  } finally {
    wire.close();
  }
}
