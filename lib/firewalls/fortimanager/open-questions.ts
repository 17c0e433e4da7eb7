import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ConnectionRequest, OpenQuestion } from '../../core/firewall.ts';
import { refusalOf } from '../shared/refusal.ts';
import { adomQuestions } from './adom-questions.ts';
import { hasFeeds } from './channels/feed.ts';
import { FortimanagerClient } from './client.ts';
import { isMissing } from './errors.ts';
import { feedUrl } from './names.ts';
import type { FortimanagerSettings } from './schema.ts';

type Question = OpenQuestion<FortimanagerSettings>;

const content = z.looseObject({ content: z.string() });
/** Some 900 KB, as a feed of its largest size has it. */
const manyLines = 70_000;

/**
 * What the readme lists under "Assumptions". First what hosted files alone can settle: they have names of their own, and no firewall fetches
 * them.
 */
export const openQuestions: readonly Question[] = [
  {
    id: 'names-by-case',
    assumption: 'names that differ only in case are the same object',
    ask: async (request, prefix) =>
      await withFiles(request, [`${prefix}case`, `${prefix}CASE`], async (file) => {
        await file.set(`${prefix}case`, '192.0.2.1\n');
        await file.set(`${prefix}CASE`, '192.0.2.2\n');
        const first = await file.get(`${prefix}case`);
        return first === '192.0.2.2\n'
          ? { holds: true, seen: 'the second file is the first one' }
          : { holds: false, seen: 'both are there' };
      }),
  },
  {
    id: 'file-as-written',
    assumption: 'a hosted file comes back as it was written, its comment lines too',
    ask: async (request, prefix) => {
      const written = '# zonebridge:mark:0123456789abcdef what it is for\n192.0.2.1\nfd00::1\n';
      return await withFiles(request, [`${prefix}text`], async (file) => {
        await file.set(`${prefix}text`, written);
        const holds = (await file.get(`${prefix}text`)) === written;
        return { holds, seen: holds ? 'it is the same' : 'it is another text' };
      });
    },
  },
  {
    id: 'file-without-members',
    assumption: 'a hosted file may hold comment lines alone',
    ask: async (request, prefix) =>
      await withFiles(request, [`${prefix}none`], async (file) => {
        const refusal = await refusalOf(() => file.set(`${prefix}none`, '# nothing yet\n'));
        return refusal === undefined
          ? { holds: true, seen: 'it was taken' }
          : { holds: false, seen: `refused: ${refusal.message.slice(0, 200)}` };
      }),
  },
  {
    id: 'large-file-in-one-call',
    assumption: `a file of ${manyLines} addresses is set by one call`,
    ask: async (request, prefix) => {
      const lines = Array.from(
        { length: manyLines },
        (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
      );
      const written = `${lines.join('\n')}\n`;
      return await withFiles(request, [`${prefix}large`], async (file) => {
        const refusal = await refusalOf(() => file.set(`${prefix}large`, written));
        if (refusal !== undefined) return { holds: false, seen: `refused: ${refusal.message.slice(0, 200)}` };
        const length = (await file.get(`${prefix}large`)).length;
        return { holds: length === written.length, seen: `${length} of ${written.length} characters` };
      });
    },
  },
  ...adomQuestions,
];

interface Files {
  set(name: string, text: string): Promise<void>;
  get(name: string): Promise<string>;
}

/** Hosted files that are gone afterwards. Throws `firewall/unsupported` for a version that hosts none. */
async function withFiles<T>(
  request: ConnectionRequest<FortimanagerSettings>,
  names: readonly string[],
  work: (files: Files) => Promise<T>,
): Promise<T> {
  const client = new FortimanagerClient(request);
  const url = (name: string): { url: string } => ({ url: feedUrl(request.settings.adom, name) });
  if (!hasFeeds(client.version))
    throw new ZonebridgeError('firewall/unsupported', `FortiManager ${client.version} hosts no feed files`);
  try {
    return await work({
      set: async (name, text) =>
        void (await client.writeOne('set', { ...url(name), data: { content: text } })),
      get: async (name) => content.parse(await client.readOne(url(name))).content,
    });
  } finally {
    for (const name of names) await removeFile(client, url(name));
    await client.logOut();
    client.close();
  }
}

async function removeFile(client: FortimanagerClient, file: { url: string }): Promise<void> {
  const error = await refusalOf(() => client.writeOne('delete', file));
  if (error !== undefined && !isMissing(error)) throw error;
}
