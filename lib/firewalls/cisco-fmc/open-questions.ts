import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { z } from 'zod';
import { FmcClient } from './client.ts';
import { listAll } from './lists.ts';
import { parseCredential } from './credential.ts';
import { platformPath } from './login.ts';
import type { FmcSettings } from './schema.ts';
import { Wire } from './wire.ts';

type Question = OpenQuestion<FmcSettings>;

const objects = '/object/dynamicobjects';
const mappings = '/object/dynamicobjectmappings';
const groups = '/object/networkgroups';

/** What the readme lists as not verifiable and calls alone can settle. */
export const openQuestions: readonly Question[] = [
  {
    id: 'names-by-case',
    assumption: 'names that differ only in case are the same object',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}case`, async (client) => {
        const second = await attempt(() => makeObject(client, `${prefix}CASE`));
        await remove(client, `${objects}/${prefix}CASE`, second === undefined);
        return second === undefined
          ? { holds: false, seen: 'both were made' }
          : { holds: true, seen: 'the second one is refused' };
      }),
  },
  {
    id: 'repeated-mappings',
    assumption: 'adding a mapping that is there and removing one that is not are no errors',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}repeated`, async (client, name) => {
        await change(client, name, { add: ['192.0.2.1'] });
        const added = await attempt(() => change(client, name, { add: ['192.0.2.1'] }));
        const removed = await attempt(() => change(client, name, { remove: ['192.0.2.9'] }));
        const say = (error: unknown) => (error === undefined ? 'taken' : 'refused');
        return {
          holds: added === undefined && removed === undefined,
          seen: `added again: ${say(added)}, removed though absent: ${say(removed)}`,
        };
      }),
  },
  {
    id: 'mappings-as-typed',
    assumption: 'mappings come back as they were typed',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}typed`, async (client, name) => {
        const typed = ['192.0.2.1', '192.0.2.2/32', '2001:db8::1'];
        await change(client, name, { add: typed });
        const seen = await read(client, name);
        return { holds: typed.every((text) => seen.includes(text)), seen: seen.join(', ').slice(0, 150) };
      }),
  },
  {
    id: 'more-than-1000-mappings-in-a-call',
    assumption: 'one call takes 1,000 addresses and perhaps no more',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}many`, async (client, name) => {
        const many = Array.from({ length: 1_001 }, (_, index) => `198.18.${index >> 8}.${index & 255}`);
        const refused = await attempt(() => change(client, name, { add: many }));
        const stored = (await read(client, name)).length;
        return { holds: refused !== undefined, seen: `of 1,001 in one call ${stored} are stored` };
      }),
  },
  {
    id: 'empty-network-group',
    assumption: 'a network group must not be empty',
    ask: async (request, prefix) =>
      await withClient(request, async (client) => {
        const name = `${prefix}empty`;
        const body = { name, type: 'NetworkGroup' };
        let id: unknown;
        const refused = await attempt(async () => {
          ({ id } = await client.post(groups, body));
        });
        if (typeof id === 'string') await remove(client, `${groups}/${id}`, true);
        return {
          holds: refused !== undefined,
          seen: refused === undefined ? 'it was made' : 'it is refused',
        };
      }),
  },
  {
    id: 'second-login',
    assumption: 'a second login of one user leaves the tokens of the first as they are',
    ask: async (request) =>
      await withClient(request, async (client) => {
        if (request.settings.cloud) return { holds: true, seen: 'the cloud knows no login' };
        await client.get(objects, { limit: 1 });
        const before = client.session.tokens?.access;
        await logInAgain(request);
        await client.get(objects, { limit: 1 });
        const kept = client.session.tokens?.access === before;
        return { holds: kept, seen: kept ? 'the first token is good still' : 'the first token was refused' };
      }),
  },
  {
    id: 'identity-told',
    assumption: '`serverversion` tells a serial number, uuid or host name',
    ask: async (request) =>
      await withClient(request, async (client) => {
        const { items } = await client.platform('/info/serverversion');
        const told = Object.keys((Array.isArray(items) ? (items[0] as object | undefined) : undefined) ?? {});
        const known = ['serialNumber', 'uuid', 'hostname'].filter((name) => told.includes(name));
        return { holds: known.length > 0, seen: `it tells ${known.join(', ') || 'none of them'}` };
      }),
  },
];

async function withClient<T>(
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

async function withObject<T>(
  request: ConnectionRequest<FmcSettings>,
  name: string,
  work: (client: FmcClient, name: string) => Promise<T>,
): Promise<T> {
  return await withClient(request, async (client) => {
    await makeObject(client, name);
    try {
      return await work(client, name);
    } finally {
      await remove(client, `${objects}/${name}`, true);
    }
  });
}

async function makeObject(client: FmcClient, name: string): Promise<void> {
  await client.post(objects, { name, type: 'DynamicObject', objectType: 'IP' });
}

async function change(
  client: FmcClient,
  name: string,
  wanted: { add?: readonly string[]; remove?: readonly string[] },
): Promise<void> {
  const entry = (list: readonly string[]) => [
    { dynamicObject: { name, type: 'DynamicObject' }, mappings: list },
  ];
  await client.post(mappings, {
    ...(wanted.add ? { add: entry(wanted.add) } : {}),
    ...(wanted.remove ? { remove: entry(wanted.remove) } : {}),
  });
}

async function read(client: FmcClient, name: string): Promise<string[]> {
  const item = z.looseObject({ mapping: z.string() });
  return (await listAll(client, item, { path: `${objects}/${name}/mappings` })).map(({ mapping }) => mapping);
}

async function remove(client: FmcClient, path: string, there: boolean): Promise<void> {
  if (!there) return;
  const error = await attempt(() => client.whileBusy(async () => await client.delete(path)));
  if (error !== undefined && !isZonebridgeError(error, 'firewall/object-missing')) throw error;
}

async function logInAgain(request: ConnectionRequest<FmcSettings>): Promise<void> {
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

/** The refusal, when there was one. Anything else than a refusal is no answer. */
async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/rejected', 'firewall/object-missing', 'firewall/table-full'))
      throw error;
    return error;
  }
}
