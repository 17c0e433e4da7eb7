import { z } from 'zod';
import { administrationPrefix, type SimulatorFrame } from '../../../simulators/frame.ts';
import { type ApiAnswer, type ApiRequest, header, jsonAnswer } from '../../../simulators/http.ts';
import type { Fault } from './faults.ts';
import type { Region } from './region.ts';
import type { Key } from './signature.ts';

export interface Administration {
  region: Region;
  key: Key;
  frame: Pick<SimulatorFrame<Fault>, 'requests' | 'addFaults' | 'removeFaults' | 'listFaults'>;
}

const association = z.strictObject({
  list: z.string().min(1),
  resourceId: z.string().min(1),
  resourceOwner: z.string().default('111122223333'),
  room: z.int().min(0).optional(),
});

/** Answers below `/_simulator/`. Needs the secret access key in the header. */
export function answerAdministration(request: ApiRequest, admin: Administration): ApiAnswer {
  if (header(request, 'authorization') !== `Bearer ${admin.key.secretAccessKey}`)
    return jsonAnswer(401, { error: 'Send the secret access key as Authorization: Bearer <key>.' });
  try {
    return route(request, admin);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof z.ZodError)
      return jsonAnswer(400, { error: error.message });
    throw error;
  }
}

function route(request: ApiRequest, { region, frame }: Administration): ApiAnswer {
  const [resource = '', id] = request.path.slice(administrationPrefix.length).split('/');
  switch (`${request.method} ${resource}`) {
    case 'GET faults':
      return jsonAnswer(200, frame.listFaults());
    case 'POST faults':
      return jsonAnswer(200, frame.addFaults(JSON.parse(request.body)));
    case 'DELETE faults':
      return jsonAnswer(200, { removed: frame.removeFaults(id) });
    case 'GET requests':
      return jsonAnswer(200, frame.requests.list());
    case 'DELETE requests':
      frame.requests.clear();
      return jsonAnswer(200, {});
    case 'GET commits': {
      const after = Number(request.query.get('after') ?? 0) || 0;
      return jsonAnswer(200, { last: region.commits.last, commits: region.commits.after(after) });
    }
    case 'GET lists':
      return jsonAnswer(
        200,
        region.lists(Date.now()).map((list) => ({
          id: list.id,
          name: list.name,
          state: list.state,
          version: list.version,
          maxEntries: list.maxEntries,
          entries: list.entries(),
        })),
      );
    case 'POST associations':
      region.associations.push(association.parse(JSON.parse(request.body)));
      return jsonAnswer(200, region.associations);
    default:
      return jsonAnswer(404, { error: `No ${request.method} ${request.path} here; see the readme.` });
  }
}
