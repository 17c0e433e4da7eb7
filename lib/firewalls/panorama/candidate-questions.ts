import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { printable } from '../shared/printable.ts';
import { refusalOf, refusedWith } from '../shared/refusal.ts';
import { membersOf, readGroup } from './channels/address-groups.ts';
import { mayHavePending } from './channels/candidate.ts';
import { change, type Operation } from './channels/operations.ts';
import { addresses, addressGroups, entry, member } from './channels/xpaths.ts';
import { PanoramaClient } from './client.ts';
import type { PanoramaSettings } from './schema.ts';
import { xml, xmlText } from './xml.ts';

/** Two addresses for documentation (RFC 5737, RFC 3849), and a group of both. */
interface Scratch {
  client: PanoramaClient;
  group: string;
  four: string;
  six: string;
}

/** What the readme lists under "Not verifiable here" and the candidate configuration alone can settle: nothing of it is committed. */
export const candidateQuestions: readonly OpenQuestion<PanoramaSettings>[] = [
  {
    id: 'both-families-in-a-group',
    assumption: 'a static group takes IPv4 and IPv6',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}both`, async ({ client, group, four, six }) => {
        const there = membersOf(await readGroup(client, 'get', group));
        return { holds: isSame(there, [four, six]), seen: `it holds ${printable(there)}` };
      }),
  },
  {
    id: 'candidate-apart-from-running',
    assumption: '`get` shows what is not committed yet, and `show` does not',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}apart`, async ({ client, group }) => {
        const [candidate, running] = [
          await readGroup(client, 'get', group),
          await readGroup(client, 'show', group),
        ];
        return {
          holds: candidate !== undefined && running === undefined,
          seen: `get: ${candidate ? 'there' : 'not there'}, show: ${running ? 'there' : 'not there'}`,
        };
      }),
  },
  {
    id: 'member-deleted-by-text',
    assumption: 'a member of a list is deleted by `member[text()=...]`, and the others stay',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}text`, async ({ client, group, four, six }) => {
        const xpath = `${addressGroups(client.settings)}${entry(group)}/static${member(four)}`;
        await change(client, [{ action: 'delete', xpath }]);
        const left = membersOf(await readGroup(client, 'get', group));
        return { holds: isSame(left, [six]), seen: `left: ${printable(left) || 'nobody'}` };
      }),
  },
  {
    id: 'member-set-again',
    assumption: 'a member that is set again is there once, and the others stay',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}again`, async ({ client, group, four, six }) => {
        await change(client, [membersSet(client, group, [four])]);
        const there = membersOf(await readGroup(client, 'get', group));
        return { holds: isSame(there, [four, six]), seen: `it holds ${printable(there)}` };
      }),
  },
  {
    id: 'deletion-of-nothing-told',
    assumption: 'a deletion of what is not there is refused in words that say so',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}missing`, async ({ client }) => {
        const nowhere = drop(client, `${prefix}nowhere`);
        return await refusedWith('firewall/object-missing', () => change(client, [nowhere]), 'it was done');
      }),
  },
  {
    id: 'deletion-of-used-told',
    assumption: 'an address that a group holds is not deleted, and the refusal says that it is used',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}used`, async ({ client, four }) => {
        const used = drop(client, four);
        return await refusedWith('firewall/object-in-use', () => change(client, [used]), 'it was deleted');
      }),
  },
  {
    id: 'all-or-none',
    assumption: 'of a request whose last change is refused nothing is done',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}whole`, async ({ client, group, four, six }) => {
        const xpath = `${addressGroups(client.settings)}${entry(group)}/static${member(four)}`;
        const twice: Operation[] = [{ action: 'delete', xpath }, drop(client, six)];
        const refused = await refusalOf(() => change(client, twice));
        const there = membersOf(await readGroup(client, 'get', group));
        const said = refused ? 'refused' : 'taken';
        return {
          holds: refused !== undefined && isSame(there, [four, six]),
          seen: `${said}, and it holds ${printable(there)}`,
        };
      }),
  },
  {
    id: 'pending-change-told',
    assumption: 'the summary of changes of our administrator tells of one that is not committed',
    ask: async (request, prefix) =>
      await withGroup(request, `${prefix}pending`, async ({ client }) => {
        if (client.settings.administrator === undefined)
          throw new ZonebridgeError('firewall/unsupported', 'no `administrator` is configured');
        const told = await mayHavePending(client);
        return { holds: told, seen: told ? 'it does, or may not be asked' : 'it is empty' };
      }),
  },
];

async function withGroup<T>(
  request: ConnectionRequest<PanoramaSettings>,
  group: string,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const { targets, redistribution } = request.settings;
  if (targets || redistribution)
    throw new ZonebridgeError('firewall/unsupported', 'no address objects are kept there');
  const client = new PanoramaClient(request);
  const [four, six] = [`${group}-4`, `${group}-6`];
  try {
    await change(client, [
      addressSet(client, four, '192.0.2.1/32'),
      addressSet(client, six, '2001:db8::1/128'),
      membersSet(client, group, [four, six]),
    ]);
    return await work({ client, group, four, six });
  } finally {
    const whole: Operation = { action: 'delete', xpath: addressGroups(client.settings) + entry(group) };
    await change(client, [whole, drop(client, four), drop(client, six)].map(mayMiss));
    client.close();
  }
}

function addressSet({ settings }: PanoramaClient, name: string, value: string): Operation {
  return {
    action: 'set',
    xpath: addresses(settings) + entry(name),
    content: [xmlText('ip-netmask', value)],
  };
}

function membersSet({ settings }: PanoramaClient, group: string, names: readonly string[]): Operation {
  const members = names.map((name) => xmlText('member', name));
  return {
    action: 'set',
    xpath: addressGroups(settings) + entry(group),
    content: [xml('static', {}, members)],
  };
}

function drop({ settings }: PanoramaClient, name: string): Operation {
  return { action: 'delete', xpath: addresses(settings) + entry(name) };
}

function mayMiss(operation: Operation): Operation {
  return { ...operation, mayMiss: true };
}

function isSame(found: readonly string[], wanted: readonly string[]): boolean {
  return found.toSorted().join() === wanted.toSorted().join();
}
