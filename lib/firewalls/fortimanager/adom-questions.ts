import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { refusalOf, refusedWith } from '../shared/refusal.ts';
import { addressTable, emptyMembers, groupOf, groupTable, objectUrl } from './channels/object-rows.ts';
import { FortimanagerClient } from './client.ts';
import { isDuplicate, isMissing } from './errors.ts';
import type { FortimanagerSettings } from './schema.ts';
import { Workspace } from './workspace.ts';

type Question = OpenQuestion<FortimanagerSettings>;

/** Rows of ours in the locked ADOM. */
class ScratchRows {
  readonly client: FortimanagerClient;
  readonly #made: string[] = [];

  constructor(client: FortimanagerClient) {
    this.client = client;
  }

  async address(name: string): Promise<string> {
    await this.add(addressTable(4), { name, subnet: '192.0.2.1/32' });
    return name;
  }

  async group(name: string, member: readonly string[], family: 4 | 6 = 4): Promise<string> {
    await this.add(groupTable(family), { name, member });
    return name;
  }

  async add(table: string, row: { name: string } & Record<string, unknown>): Promise<void> {
    this.#made.unshift(objectUrl(this.client, table, row.name));
    await this.client.writeOne('add', { url: objectUrl(this.client, table), data: [row] });
  }

  async drop(table: string, name: string): Promise<void> {
    await this.client.writeOne('delete', { url: objectUrl(this.client, table, name) });
  }

  async clear(): Promise<void> {
    for (const url of this.#made) {
      const refused = await refusalOf(() => this.client.writeOne('delete', { url }));
      if (refused && !isMissing(refused)) throw refused;
    }
  }
}

/**
 * What the readme lists under "Assumptions" and rows of the ADOM alone can settle. Nothing is installed. Where the manager has workspaces,
 * the ADOM is locked meanwhile and nothing is saved.
 */
export const adomQuestions: readonly Question[] = [
  {
    id: 'lock-holds',
    assumption: 'a lock holds from call to call, with an API key, too',
    ask: async (request, prefix) => {
      const refused = await refusalOf(
        () => inAdom(request, async (rows) => await rows.address(`${prefix}locked`)),
        ({ fields }) => fields.status === notLocked,
      );
      if (refused && refused.fields.status !== notLocked) throw refused;
      return { holds: refused === undefined, seen: refused?.message ?? 'a row could be made' };
    },
  },
  {
    id: 'duplicate-told',
    assumption: 'a name that is taken is refused by -2, -9998, -10000 or -10033',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const name = await rows.address(`${prefix}twice`);
        const refused = await refusalOf(() => rows.address(name));
        return { holds: isDuplicate(refused), seen: refused?.message ?? 'it was taken' };
      }),
  },
  {
    id: 'missing-told',
    assumption: 'a row that is not there is told by -3, and -3 means nothing else',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const refused = await refusalOf(() => rows.drop(addressTable(4), `${prefix}nowhere`));
        return { holds: refused?.fields.status === -3, seen: refused?.message ?? 'it was deleted' };
      }),
  },
  {
    id: 'used-told',
    assumption: 'an address that a group holds is not deleted, and the refusal (-10015) says that it is used',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const address = await rows.address(`${prefix}used`);
        await rows.group(`${prefix}using`, [address]);
        const drop = () => rows.drop(addressTable(4), address);
        return await refusedWith('firewall/object-in-use', drop, 'it was deleted');
      }),
  },
  {
    id: 'same-name-in-both-families',
    assumption: 'a group of IPv4 and one of IPv6 may have the same name',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const name = `${prefix}both`;
        await rows.group(name, [await rows.address(`${prefix}four`)]);
        await rows.add(addressTable(6), { name: `${prefix}six`, ip6: '2001:db8::1/128' });
        const refused = await refusalOf(() => rows.group(name, [`${prefix}six`], 6));
        return { holds: refused === undefined, seen: refused?.message ?? 'both are there' };
      }),
  },
  {
    id: 'empty-group',
    assumption: 'from 7.2 on the manager takes a group without a member, and shows it without one',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const name = `${prefix}empty`;
        const member = emptyMembers(rows.client);
        const refused = await refusalOf(() => rows.group(name, member));
        if (refused) return { holds: false, seen: refused.message };
        const url = objectUrl(rows.client, groupTable(4), name);
        const [element] = await rows.client.read([{ url }]);
        const shown = (await groupOf(rows.client, { url }, element))?.member ?? ['no group'];
        return { holds: shown.join() === member.join(), seen: `it holds ${shown.join(', ') || 'nobody'}` };
      }),
  },
  {
    id: 'one-refused-the-rest-done',
    assumption: 'an element that is refused does not keep the other elements of its request from being done',
    ask: async (request, prefix) =>
      await inAdom(request, async (rows) => {
        const name = await rows.address(`${prefix}there`);
        const urls = [`${prefix}nowhere`, name].map((one) => objectUrl(rows.client, addressTable(4), one));
        const elements = await rows.client.write(
          'delete',
          urls.map((url) => ({ url })),
        );
        const codes = elements.map(({ status }) => status.code);
        return { holds: codes.length === 2 && codes[1] === 0, seen: `answers: ${codes.join(', ')}` };
      }),
  },
];

/** "no write permission": the ADOM is not locked by this session. */
const notLocked = -10147;

async function inAdom<T>(
  request: ConnectionRequest<FortimanagerSettings>,
  ask: (rows: ScratchRows) => Promise<T>,
): Promise<T> {
  const client = new FortimanagerClient(request);
  const rows = new ScratchRows(client);
  let answer: { is: T } | undefined;
  try {
    await new Workspace(client).run({
      look: [],
      seen: async () => true,
      change: async () => {
        try {
          answer = { is: await ask(rows) };
        } finally {
          await rows.clear();
        }
        // Nothing to save.
        return false;
      },
      after: async () => undefined,
    });
    if (!answer) throw new RangeError('the workspace ran no change');
    return answer.is;
  } finally {
    await client.logOut();
    client.close();
  }
}
