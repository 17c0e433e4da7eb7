import { z } from 'zod';
import type { OpenQuestion } from '../../core/firewall.ts';
import { printable } from '../shared/printable.ts';
import { refusalOf, refusedWith } from '../shared/refusal.ts';
import type { FmcSettings } from './schema.ts';
import {
  change,
  groups,
  logInAgain,
  makeGroup,
  makeObject,
  objects,
  pages,
  read,
  remove,
  withClient,
  withObject,
} from './scratch.ts';

type Question = OpenQuestion<FmcSettings>;

const echo = z.looseObject({ add: z.array(z.looseObject({ mappings: z.array(z.string()) })) });

/** What the readme lists as not verifiable and calls alone can settle. */
export const openQuestions: readonly Question[] = [
  {
    id: 'names-by-case',
    assumption: 'names that differ only in case are the same object',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}case`, async (client) => {
        const second = await refusalOf(() => makeObject(client, `${prefix}CASE`));
        if (second === undefined) await remove(client, `${objects}/${prefix}CASE`);
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
        const added = await refusalOf(() => change(client, name, { add: ['192.0.2.1'] }));
        const removed = await refusalOf(() => change(client, name, { remove: ['192.0.2.9'] }));
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
        const refused = await refusalOf(() => change(client, name, { add: many }));
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
        const refused = await refusalOf(async () => {
          ({ id } = await client.post(groups, body));
        });
        if (typeof id === 'string') await remove(client, `${groups}/${id}`);
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
  {
    id: 'duplicate-told',
    assumption: 'a name that is taken is refused in words that we know',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}twice`, async (client, name) => {
        const refused = await refusalOf(() => makeObject(client, name));
        return { holds: refused?.fields.duplicate === true, seen: refused?.message ?? 'it was made twice' };
      }),
  },
  {
    id: 'missing-told',
    assumption: 'an object that is not there is told by 404',
    ask: async (request, prefix) =>
      await withClient(request, async (client) => {
        const look = () => client.get(`${objects}/${prefix}nowhere`);
        return await refusedWith('firewall/object-missing', look, 'it was not refused');
      }),
  },
  {
    id: 'off-and-on-in-one-call',
    assumption: 'one call takes addresses off and puts others on',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}both`, async (client, name) => {
        await change(client, name, { add: ['192.0.2.1'] });
        await change(client, name, { add: ['192.0.2.2'], remove: ['192.0.2.1'] });
        const seen = await read(client, name);
        // Some managers write a single address with its mask.
        const holds = seen.join(', ').replace('/32', '') === '192.0.2.2';
        return { holds, seen: seen.join(', ') || 'it is empty' };
      }),
  },
  {
    id: 'mappings-repeated-in-the-answer',
    assumption: 'the answer to a change repeats its addresses as they were sent, which saves a read',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}echo`, async (client, name) => {
        const sent = ['192.0.2.1', '2001:db8::1'];
        const answer = echo.safeParse(await change(client, name, { add: sent }));
        const repeated = (answer.data?.add ?? []).flatMap((one) => one.mappings);
        return {
          holds: sent.every((one) => repeated.includes(one)),
          seen: `of ${sent.join(', ')} it repeats ${printable(repeated) || 'none'}`,
        };
      }),
  },
  {
    id: 'lists-in-order',
    assumption: 'a list of several pages comes in one order, so that two readings are enough',
    ask: async (request, prefix) =>
      await withObject(request, `${prefix}order`, async (client, name) => {
        await change(client, name, {
          add: Array.from({ length: 200 }, (_, at) => `198.18.0.${(at * 37) % 200}`),
        });
        const [first, second] = [await pages(client, name), await pages(client, name)];
        const complete = new Set(first).size === 200;
        const same = first.join() === second.join();
        return {
          holds: complete && same,
          seen: `${complete ? 'all' : `${new Set(first).size} of 200`} in eight pages, ${same ? 'the same order' : 'another order'} again`,
        };
      }),
  },
  {
    id: 'group-in-use-told',
    assumption: 'a network group that another one holds is not deleted, and the refusal says that it is used',
    ask: async (request, prefix) =>
      await withClient(request, async (client) => {
        const inner = await makeGroup(client, `${prefix}inner`, {
          literals: [{ type: 'Host', value: '192.0.2.1' }],
        });
        const made = [inner];
        try {
          made.unshift(
            await makeGroup(client, `${prefix}outer`, { objects: [{ id: inner, type: 'NetworkGroup' }] }),
          );
          const drop = () => client.whileBusy(async () => await client.delete(`${groups}/${inner}`));
          return await refusedWith('firewall/object-in-use', drop, 'it was deleted');
        } finally {
          for (const id of made) await remove(client, `${groups}/${id}`);
        }
      }),
  },
];
