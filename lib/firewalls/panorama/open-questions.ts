import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { printable } from '../shared/printable.ts';
import { refusalOf } from '../shared/refusal.ts';
import { candidateQuestions } from './candidate-questions.ts';
import { groupsWithTag } from './channels/dynamic-groups.ts';
import { tagsOf } from './channels/registered.ts';
import { isBenign, sendUid, type TagChange } from './channels/uid-message.ts';
import { PanoramaClient } from './client.ts';
import { readModelLimits } from './model-limits.ts';
import type { PanoramaSettings } from './schema.ts';
import { childrenNamed, type Element, xml, xmlText } from './xml.ts';

type Request = ConnectionRequest<PanoramaSettings>;

/** Addresses for documentation (RFC 5737): no rule of anybody should mean them. */
const one = '192.0.2.1';
const two = '192.0.2.2';
const other = '192.0.2.10';

/** What the readme lists under "Not verifiable here", and messages about tags or the candidate configuration alone can settle. */
export const openQuestions: readonly OpenQuestion<PanoramaSettings>[] = [
  {
    id: 'registered-twice',
    assumption:
      'a tag that an address carries already is passed over, or refused in the words that public clients know',
    ask: async (request, prefix) =>
      await withTags(request, [{ ip: one, tag: prefix }], async (client) => {
        const [refused] = await register(client, [{ ip: one, tag: prefix }]);
        return { holds: !refused || isBenign(refused), seen: refused?.message ?? 'it is passed over' };
      }),
  },
  {
    id: 'taken-off-before-put-on',
    assumption: 'a message that takes a tag off and puts it on again leaves it there',
    ask: async (request, prefix) =>
      await withTags(request, [{ ip: one, tag: prefix }], async (client) => {
        const tag = { ip: one, tag: prefix };
        await sendUid(client, [
          { ...tag, op: 'unregister' },
          { ...tag, op: 'register' },
        ]);
        const there = (await tagsOf(client, one)).includes(prefix);
        return { holds: there, seen: there ? 'it is there afterwards' : 'it is gone afterwards' };
      }),
  },
  {
    id: 'one-refused-the-rest-done',
    assumption: 'an entry that is refused does not keep the other entries of its message from being done',
    ask: async (request, prefix) =>
      await withTags(request, [{ ip: one, tag: prefix }], async (client) => {
        await register(client, [
          { ip: one, tag: prefix },
          { ip: two, tag: prefix },
        ]);
        const done = (await tagsOf(client, two)).includes(prefix);
        await unregister(client, [{ ip: two, tag: prefix }]);
        return { holds: done, seen: done ? 'the other entry was done' : 'the other entry was not done' };
      }),
  },
  {
    id: 'other-tags-stay',
    assumption: 'a removal that names one tag leaves the other tags of the address',
    ask: async (request, prefix) => {
      const tags = [`${prefix}a`, `${prefix}b`];
      const changes = tags.map((tag) => ({ ip: one, tag }));
      return await withTags(request, changes, async (client) => {
        await unregister(client, changes.slice(0, 1));
        const left = await tagsOf(client, one);
        return {
          holds: left.includes(`${prefix}b`) && !left.includes(`${prefix}a`),
          seen: `left: ${printable(left)}`,
        };
      });
    },
  },
  {
    id: 'ip-finds-exactly',
    assumption: '`ip` of `show object registered-ip` finds exactly that address',
    ask: async (request, prefix) =>
      await withTags(request, [{ ip: other, tag: prefix }], async (client) => {
        const found = await rows(client, [xmlText('ip', one)]);
        return {
          holds: !found.includes(other),
          seen: `asked for ${one}, it finds ${found.join(', ') || 'nothing'}`,
        };
      }),
  },
  {
    id: 'tag-finds-exactly',
    assumption: '`tag` of `show object registered-ip` finds exactly that tag',
    ask: async (request, prefix) =>
      await withTags(request, [{ ip: one, tag: `${prefix}long` }], async (client) => {
        const found = await rows(client, [xml('tag', {}, [xml('entry', { name: `${prefix}lon` })])]);
        return {
          holds: found.length === 0,
          seen: `the beginning of a tag finds ${found.join(', ') || 'nothing'}`,
        };
      }),
  },
  {
    id: 'empty-list-counted',
    assumption: 'a listing of registered addresses that finds none has a count all the same',
    ask: async (request) => {
      const error = await withTags(request, [], async (client) => await refusalOf(() => tagsOf(client, one)));
      return { holds: !error, seen: error?.message ?? 'it has' };
    },
  },
  {
    id: 'dynamic-groups-listed',
    assumption: 'the role may list dynamic address groups with their filters',
    ask: async (request, prefix) =>
      await withTags(request, [], async (client) => {
        const { count } = await groupsWithTag(client, prefix);
        return {
          holds: true,
          seen: count === undefined ? 'a Panorama is not asked' : 'the list can be read',
        };
      }),
  },
  {
    id: 'missing-vsys-told',
    assumption: 'a virtual system that is not there is refused in words that name it',
    ask: async (request) => {
      const settings = { ...request.settings, vsys: 'vsys255' };
      if (settings.device === 'panorama' && !settings.targets)
        return { holds: true, seen: 'a Panorama has no virtual systems' };
      const error = await withTags(
        { ...request, settings },
        [],
        async (client) => await refusalOf(() => tagsOf(client, one)),
      );
      return {
        holds: error?.code === 'firewall/scope-missing',
        seen: error?.message ?? 'it was not refused',
      };
    },
  },
  {
    id: 'model-limits-told',
    assumption:
      'the device tells how many addresses with tags its model keeps (`cfg.general.max-registered-ip-address`)',
    ask: async (request) =>
      await withTags(request, [], async (client) => {
        const told = await readModelLimits(client);
        const seen = Object.entries(told).map(([name, value]) => `${name}: ${value}`);
        return { holds: told.registeredIps !== undefined, seen: seen.join(', ') || 'it tells no limit' };
      }),
  },
  ...candidateQuestions,
];

/** Registers tags, asks, and takes them away again. */
async function withTags<T>(
  request: Request,
  tags: readonly Pick<TagChange, 'ip' | 'tag'>[],
  ask: (client: PanoramaClient) => Promise<T>,
): Promise<T> {
  const client = new PanoramaClient(request);
  try {
    if (tags.length > 0) await register(client, tags);
    return await ask(client);
  } finally {
    if (tags.length > 0) await unregister(client, tags);
    client.close();
  }
}

async function register(client: PanoramaClient, tags: readonly Pick<TagChange, 'ip' | 'tag'>[]) {
  return await send(client, 'register', tags);
}

async function unregister(client: PanoramaClient, tags: readonly Pick<TagChange, 'ip' | 'tag'>[]) {
  return await send(client, 'unregister', tags);
}

async function send(
  client: PanoramaClient,
  op: TagChange['op'],
  tags: readonly Pick<TagChange, 'ip' | 'tag'>[],
): ReturnType<typeof sendUid> {
  return await sendUid(
    client,
    tags.map((tag) => ({ ...tag, op })),
  );
}

async function rows(client: PanoramaClient, filter: readonly Element[]): Promise<string[]> {
  const { result } = await client.op(
    xml('show', {}, [xml('object', {}, [xml('registered-ip', {}, filter)])]),
  );
  return childrenNamed(result, 'entry').map((entry) => entry.attributes['ip'] ?? '');
}
