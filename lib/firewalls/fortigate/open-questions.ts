import { z } from 'zod';
import { isZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { FortigateClient, row, table } from './client.ts';
import { parseCredential } from './credential.ts';
import { isDuplicate, isMissing } from './errors.ts';
import type { FortigateSettings } from './schema.ts';

type Question = OpenQuestion<FortigateSettings>;

const addresses = table('firewall', 'address');
const resources = table('system', 'external-resource');
const monitor = '/api/v2/monitor/system/external-resource';
const listing = z.looseObject({
  entries: z.array(z.looseObject({ entry: z.string() })),
  matched_valid: z.number().optional(),
});

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
          const second = await attempt(() => client.post(addresses, { name: upper, subnet: '192.0.2.2/32' }));
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
        const missing = await attempt(() => client.get(row(table('firewall', 'address6'), 'none')));
        if (missing !== undefined && !isMissing(missing)) throw missing;
        return {
          holds: missing === undefined,
          seen: missing === undefined ? 'it is there' : 'it is not there',
        };
      }),
  },
];

async function withClient<T>(
  request: ConnectionRequest<FortigateSettings>,
  work: (client: FortigateClient) => Promise<T>,
): Promise<T> {
  const client = new FortigateClient({ ...request, credential: parseCredential(request.credential).token });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

async function withFeed<T>(
  request: ConnectionRequest<FortigateSettings>,
  name: string,
  entries: readonly string[],
  work: (client: FortigateClient, name: string) => Promise<T>,
): Promise<T> {
  return await withClient(request, async (client) => {
    try {
      await client.post(resources, { name, type: 'address', status: 'enable', 'update-method': 'push' });
      await client.post(`${monitor}/dynamic`, { commands: [{ name, command: 'add', entries }] });
      return await work(client, name);
    } finally {
      await removeRow(client, row(resources, name));
    }
  });
}

async function removeRow(client: FortigateClient, path: string): Promise<void> {
  const error = await attempt(() => client.delete(path));
  if (error !== undefined && !isMissing(error)) throw error;
}

/** The refusal, when there was one. */
async function attempt(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    return error;
  }
}
