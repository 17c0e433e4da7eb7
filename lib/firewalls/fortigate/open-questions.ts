import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { OpenQuestion } from '../../core/firewall.ts';
import { refusalOf } from '../shared/refusal.ts';
import { excludedNames, readRow } from './channels/rows.ts';
import { readUse } from './channels/uses.ts';
import { row, table } from './client.ts';
import { openConnection } from './connection.ts';
import { parseCredential } from './credential.ts';
import { isDuplicate, isInUse, isMissing } from './errors.ts';
import type { FortigateSettings } from './schema.ts';
import { monitor, removeRow, withClient, withFeed, withRows } from './scratch.ts';

type Question = OpenQuestion<FortigateSettings>;

const addresses = table('firewall', 'address');
const groups = table('firewall', 'addrgrp');
const listing = z.looseObject({
  entries: z.array(z.looseObject({ entry: z.string() })),
  matched_valid: z.number().optional(),
});

/** As many as one push of ours holds at most (see `push-chunks.ts`). */
const largest = 10_000;

/** What the readme lists under "Assumptions" and calls alone can settle. */
export const openQuestions: readonly Question[] = [
  {
    id: 'names-by-case',
    assumption: 'names that differ only in case are the same object',
    ask: async (request, prefix) =>
      await withClient(request, async (client) => {
        const [lower, upper] = [`${prefix}case`, `${prefix}CASE`];
        try {
          await client.post(addresses, { name: lower, subnet: '192.0.2.1/32' });
          const second = await refusalOf(() =>
            client.post(addresses, { name: upper, subnet: '192.0.2.2/32' }),
          );
          if (second !== undefined && !isDuplicate(second)) throw second;
          return second === undefined
            ? { holds: false, seen: 'both were made' }
            : { holds: true, seen: 'the second one is a duplicate' };
        } finally {
          for (const name of [lower, upper]) await removeRow(client, row(addresses, name));
        }
      }),
  },
  {
    id: 'entry-finds-exactly',
    assumption: '`entry` of `entry-list` finds exactly that text',
    ask: async (request, prefix) =>
      await withFeed(request, `${prefix}entry`, ['192.0.2.1', '192.0.2.10'], async (client, mkey) => {
        const { results } = await client.get(`${monitor}/entry-list`, { mkey, entry: '192.0.2.1', count: 0 });
        const { entries, matched_valid: matched } = listing.parse(results);
        const found = entries.map(({ entry }) => entry).join(', ') || 'nothing';
        return {
          holds: entries.length === 1 && (matched ?? 1) === 1,
          seen: `of 192.0.2.1 and 192.0.2.10 it finds ${found.slice(0, 100)}`,
        };
      }),
  },
  {
    id: 'count-zero-lists-all',
    assumption: '`count=0` of `entry-list` asks for all entries',
    ask: async (request, prefix) => {
      const many = Array.from({ length: 200 }, (_, index) => `198.18.0.${index}`);
      return await withFeed(request, `${prefix}count`, many, async (client, mkey) => {
        const { results } = await client.get(`${monitor}/entry-list`, { mkey, count: 0 });
        const { entries } = listing.parse(results);
        return { holds: entries.length === many.length, seen: `${entries.length} of ${many.length} entries` };
      });
    },
  },
  {
    id: 'none-in-address6',
    assumption: 'the built-in address `none` exists in `address6`, too',
    ask: async (request) =>
      await withClient(request, async (client) => {
        const missing = await refusalOf(() => client.get(row(table('firewall', 'address6'), 'none')));
        if (missing !== undefined && !isMissing(missing)) throw missing;
        return {
          holds: missing === undefined,
          seen: missing === undefined ? 'it is there' : 'it is not there',
        };
      }),
  },
  {
    id: 'duplicate-told',
    assumption: 'an object that is made again is refused as a duplicate, by -5 or -15',
    ask: async (request, prefix) => {
      const made = address(`${prefix}twice`);
      return await withRows(request, [made], async (client) => {
        const second = await refusalOf(() => client.post(made.table, made.fields));
        return { holds: isDuplicate(second), seen: second?.message ?? 'it was taken' };
      });
    },
  },
  {
    id: 'same-name-in-both-families',
    assumption: 'a group of IPv4 and one of IPv6 may have the same name',
    ask: async (request, prefix) => {
      const [four, name] = [address(`${prefix}four`), `${prefix}both`];
      const six = table('firewall', 'address6');
      const sixth = { table: six, fields: { name: `${prefix}six`, ip6: '2001:db8::1/128' } };
      return await withRows(request, [four, sixth, group(name, [four.fields.name])], async (client) => {
        const sibling = group(name, [sixth.fields.name], 'addrgrp6');
        const refused = await refusalOf(() => client.post(sibling.table, sibling.fields));
        if (refused === undefined) await removeRow(client, row(sibling.table, name));
        return { holds: refused === undefined, seen: refused?.message ?? 'both are there' };
      });
    },
  },
  {
    id: 'exclusion-in-one-call',
    assumption: 'one call sets `exclude` and `exclude-member` together, and one ends it with an empty list',
    ask: async (request, prefix) => {
      const members = [address(`${prefix}in`), address(`${prefix}out`)];
      const names = members.map(({ fields }) => fields.name);
      const place = row(groups, `${prefix}excluding`);
      return await withRows(request, [...members, group(`${prefix}excluding`, names)], async (client) => {
        const excluded = async (exclude: string, out: readonly string[]): Promise<string> => {
          await client.put(place, { exclude, 'exclude-member': out.map((name) => ({ name })) });
          const found = await readRow(client, place);
          return (found ? excludedNames(found) : []).join(', ') || 'nobody';
        };
        let seen = '';
        const error = await refusalOf(async () => {
          const first = await excluded('enable', names.slice(1));
          const then = await excluded('disable', []);
          seen = `left out: ${first}, and then ${then}`;
        });
        return { holds: seen === `left out: ${names[1]}, and then nobody`, seen: error?.message ?? seen };
      });
    },
  },
  {
    id: 'users-named',
    assumption: 'the device counts and names what uses an object, and refuses to delete it meanwhile',
    ask: async (request, prefix) => {
      const member = address(`${prefix}used`);
      const inner = group(`${prefix}inner`, [member.fields.name]);
      const outer = group(`${prefix}outer`, [inner.fields.name]);
      return await withRows(request, [member, inner, outer], async (client) => {
        const use = await readUse(client, { path: 'firewall', table: 'addrgrp', name: inner.fields.name });
        const named = use.users.some(({ key }) => key === outer.fields.name);
        const refused = await refusalOf(() => client.delete(row(groups, inner.fields.name)), isInUse);
        return {
          holds: use.count === 1 && named && isInUse(refused),
          seen: `uses: ${use.count ?? 'not counted'}, ${named ? 'named' : 'not named'}; deletion ${refused?.message ?? 'not refused'}`,
        };
      });
    },
  },
  {
    id: 'revision-of-a-table',
    assumption: '`revision` in the answer to a read changes with the table, and only then',
    ask: async (request, prefix) =>
      await withRows(request, [address(`${prefix}first`)], async (client) => {
        const revision = async () => (await client.get(addresses, { start: 0, count: 1 })).revision;
        const [before, again] = [await revision(), await revision()];
        const more = address(`${prefix}second`);
        await client.post(more.table, more.fields);
        const after = await revision();
        await removeRow(client, row(addresses, more.fields.name));
        if (before === undefined) return { holds: false, seen: 'none is told' };
        const [still, other] = [before === again, before !== after];
        return {
          holds: still && other,
          seen: `${still ? 'the same' : 'another'} for the same table, ${other ? 'another' : 'the same'} after a change`,
        };
      }),
  },
  {
    id: 'missing-vdom-told',
    assumption: 'a VDOM that is not there is refused by 403, and its status, too',
    ask: async (request) => {
      const settings = { ...request.settings, vdom: 'zb-nowhere' };
      const error = await withClient({ ...request, settings }, async (client) =>
        refusalOf(() => client.get(addresses, { start: 0, count: 1 })),
      );
      return {
        holds: isZonebridgeError(error, 'firewall/scope-missing'),
        seen: error?.message ?? 'it was not refused',
      };
    },
  },
  {
    id: 'last-start-told',
    assumption: 'the device tells the time of its last start, so that a restored backup is noticed at once',
    ask: async (request) => {
      const connection = openConnection({
        ...request,
        credential: parseCredential(request.credential).token,
      });
      try {
        const { bootTime } = await connection.identity();
        const seen = bootTime === undefined ? 'it does not' : new Date(bootTime).toISOString();
        return { holds: bootTime !== undefined, seen };
      } finally {
        await connection.close();
      }
    },
  },
  {
    id: 'large-push',
    assumption: `a push of ${largest} entries is not too large`,
    ask: async (request, prefix) => {
      const many = Array.from({ length: largest }, (_, at) => `198.18.${at >> 8}.${at & 255}`);
      return await withFeed(request, `${prefix}large`, many, async (client, mkey) => {
        const { results } = await client.get(`${monitor}/entry-list`, { mkey, count: 0 });
        const { entries } = listing.parse(results);
        return { holds: entries.length === largest, seen: `${entries.length} of ${largest} entries` };
      });
    },
  },
];

function address(name: string) {
  return { table: addresses, fields: { name, subnet: '192.0.2.1/32' } };
}

function group(name: string, members: readonly string[], family: 'addrgrp' | 'addrgrp6' = 'addrgrp') {
  const member = members.map((one) => ({ name: one }));
  return { table: table('firewall', family), fields: { name, member } };
}
