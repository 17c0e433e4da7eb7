import { z } from 'zod';
import type { Administration } from '../../../simulators/administration.ts';
import { header } from '../../../simulators/http.ts';
import type { Region } from './region.ts';
import type { Key } from './signature.ts';

const association = z.strictObject({
  list: z.string().min(1),
  resourceId: z.string().min(1),
  resourceOwner: z.string().default('111122223333'),
  room: z.int().min(0).optional(),
});

/** Lists and associations, for who has the secret access key. */
export function administration(region: Region, key: Key): Administration {
  return {
    admits: (request) => header(request, 'authorization') === `Bearer ${key.secretAccessKey}`,
    credential: 'Send the secret access key as Authorization: Bearer <key>.',
    commits: () => region.commits,
    routes: {
      'GET lists': () =>
        region.lists(Date.now()).map((list) => ({
          id: list.id,
          name: list.name,
          state: list.state,
          version: list.version,
          maxEntries: list.maxEntries,
          entries: list.entries(),
        })),
      'POST associations': ({ body }) => {
        region.associations.push(association.parse(body()));
        return region.associations;
      },
    },
  };
}
