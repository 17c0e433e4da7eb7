import { z } from 'zod';
import { ZonebridgeError } from '../../../core/errors.ts';
import type { ObservedObject } from '../../../core/firewall.ts';
import { isModest } from '../../shared/modest-json.ts';
import { printable } from '../../shared/printable.ts';
import type { Answer } from '../../shared/transport.ts';
import type { PanoramaClient } from '../client.ts';
import { notPanos } from '../envelope.ts';
import { refusalError } from '../errors.ts';
import { tagsInFilter } from './dynamic-groups.ts';

const listing = z.looseObject({
  result: z.looseObject({
    '@total-count': z.coerce.number().optional(),
    entry: z
      .array(
        z.looseObject({
          '@name': z.string(),
          comments: z.string().optional(),
          description: z.string().optional(),
          dynamic: z.looseObject({ filter: z.string() }).optional(),
        }),
      )
      .default([]),
  }),
});
type Entry = z.infer<typeof listing>['result']['entry'][number];

/**
 * What the security team made for a tag, read over the REST interface, where a role can be held to reading: the tag object of this name
 * with its comments, or the dynamic address group whose filter is this tag alone, with its description.
 */
export async function readOffer(client: PanoramaClient, tag: string): Promise<ObservedObject> {
  const [object] = (await list(client, 'Objects/Tags', tag)) ?? [];
  const comments = object?.comments ?? '';
  if (comments.includes('zonebridge:offer:')) return { exists: true, comment: comments };
  const groups = ((await list(client, 'Objects/AddressGroups')) ?? []).filter(({ dynamic }) => {
    const [only, ...more] = tagsInFilter(dynamic?.filter ?? '');
    return only === tag && more.length === 0;
  });
  const offered = groups.find(({ description = '' }) => description.includes('zonebridge:offer:'));
  const exists = object !== undefined || groups.length > 0;
  return { exists, comment: offered?.description ?? comments };
}

/** Rows of a resource, or the one of a name; undefined when there is none of this name. */
async function list(client: PanoramaClient, resource: string, name?: string): Promise<Entry[] | undefined> {
  const { device, vsys, deviceGroup } = client.settings;
  const place =
    device === 'firewall'
      ? { location: 'vsys', vsys }
      : deviceGroup === undefined
        ? { location: 'shared' }
        : { location: 'device-group', 'device-group': deviceGroup };
  const answer = await client.rest(resource, { ...place, name });
  const body = readJson(answer);
  if (answer.status === 404 && body !== undefined) return undefined;
  if (answer.status >= 300 || body === undefined) throw restError(answer, resource, body);
  const parsed = listing.safeParse(body);
  if (!parsed.success)
    throw new ZonebridgeError('firewall/unexpected-answer', `GET ${resource}: the answer holds no list`);
  const { entry, '@total-count': total } = parsed.data.result;
  if (total !== undefined && entry.length < total)
    throw new ZonebridgeError('firewall/unexpected-answer', `GET ${resource}: the list came back incomplete`);
  return entry;
}

function readJson({ text }: Answer): unknown {
  if (!isModest(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Assumption: no source gives the form of an error of the REST interface; the status decides, `message` is shown where there is one. */
function restError(answer: Answer, resource: string, body: unknown): ZonebridgeError {
  const call = `GET ${resource}`;
  const said = z.looseObject({ message: z.string() }).safeParse(body);
  if (!said.success) return notPanos(answer, { call, write: false });
  const known = answer.status === 401 ? 403 : answer.status;
  const text = answer.status === 401 ? `invalid credential: ${said.data.message}` : said.data.message;
  return refusalError({ call, write: false, httpStatus: answer.status, code: known, text: printable(text) });
}
