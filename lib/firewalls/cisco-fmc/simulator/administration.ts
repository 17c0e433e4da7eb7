import { z } from 'zod';
import { administrationPrefix, type SimulatorFrame } from '../../../simulators/frame.ts';
import { type ApiAnswer, type ApiRequest, jsonAnswer } from '../../../simulators/http.ts';
import type { World } from './api.ts';
import type { Fault } from './faults.ts';
import { formatRelease, parseRelease } from './version.ts';

export interface Administration {
  world: World;
  frame: Pick<SimulatorFrame<Fault>, 'requests' | 'addFaults' | 'removeFaults' | 'listFaults'>;
}

const count = z.number().min(0);

/** Body of POST `/_simulator/device`: whatever is named changes, the rest stays. */
const deviceChange = z.strictObject({
  version: z.string().optional(),
  serial: z.string().min(1).optional(),
  hostname: z.string().min(1).optional(),
  role: z.enum(['standalone', 'active', 'standby']).optional(),
  access: z.enum(['none', 'read', 'read-write']).optional(),
  writeMilliseconds: count.optional(),
  limits: z
    .strictObject({
      requestsPerMinute: count,
      connections: count,
      mappings: count,
      literals: count,
      payload: count,
      bulk: count,
    })
    .partial()
    .optional(),
  behaviour: z
    .strictObject({
      secondLogin: z.enum(['keeps-first', 'ends-first']),
      pagingNumbers: z.enum(['texts', 'numbers']),
      retryAfter: z.enum(['none', 'seconds']),
      repeatedMapping: z.enum(['ignored', 'refused']),
      duplicateStatus: z.union([z.literal(400), z.literal(422)]),
      networkNames: z.enum(['shared', 'separate']),
      emptyGroup: z.enum(['allowed', 'refused']),
      wrongReference: z.enum(['dropped', 'refused']),
      standbyWrite: z.union([z.literal(403), z.literal(405), z.literal(422)]),
      identity: z.enum(['shown', 'hidden']),
    })
    .partial()
    .optional(),
  expire: z.enum(['access', 'all']).optional(),
});

/** Changes the manager as an operator or a failover would. Throws RangeError for a body that does not fit. */
function changeDevice({ manager, gate }: World, input: unknown): void {
  const parsed = deviceChange.safeParse(input);
  if (!parsed.success) throw new RangeError(z.prettifyError(parsed.error));
  const { version, limits, behaviour, expire, ...plain } = parsed.data;
  const { settings } = manager;
  Object.assign(settings, plain, version === undefined ? {} : { release: parseRelease(version) });
  Object.assign(settings.limits, limits);
  Object.assign(settings.behaviour, behaviour);
  if (expire !== undefined) gate.expire(expire === 'all');
}

/** Answers below `/_simulator/`, which no path of a manager uses. Needs user and password, or the API token, in the header. */
export function answerAdministration(request: ApiRequest, admin: Administration): ApiAnswer {
  if (!admin.world.gate.isAdministrator(request))
    return jsonAnswer(401, {
      error: 'Send user and password, or the API token, in the Authorization header.',
    });
  try {
    return route(request, admin);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return jsonAnswer(400, { error: error.message });
    throw error;
  }
}

function route(request: ApiRequest, { world, frame }: Administration): ApiAnswer {
  const [resource = '', id] = request.path.slice(administrationPrefix.length).split('/');
  const { manager } = world;
  switch (`${request.method} ${resource}`) {
    case 'GET faults':
      return jsonAnswer(200, frame.listFaults());
    case 'POST faults':
      return jsonAnswer(200, frame.addFaults(JSON.parse(request.body)));
    case 'DELETE faults':
      return jsonAnswer(200, { removed: frame.removeFaults(id) });
    case 'GET commits': {
      const after = Number(request.query.get('after') ?? 0) || 0;
      return jsonAnswer(200, { last: manager.commits.last, commits: manager.commits.after(after) });
    }
    case 'GET requests':
      return jsonAnswer(200, frame.requests.list());
    case 'DELETE requests':
      frame.requests.clear();
      return jsonAnswer(200, {});
    case 'GET device':
    case 'POST device':
      if (request.method === 'POST') changeDevice(world, JSON.parse(request.body));
      return jsonAnswer(200, { ...manager.settings, release: formatRelease(manager.settings.release) });
    default:
      return jsonAnswer(404, { error: `No ${request.method} ${request.path} here; see the readme.` });
  }
}
