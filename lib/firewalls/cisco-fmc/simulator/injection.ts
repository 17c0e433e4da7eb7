import type { Active } from '../../../simulators/frame.ts';
import { type ApiAnswer, type ApiRequest, jsonAnswer } from '../../../simulators/http.ts';
import { answerApi, refusedAtEdge, type World } from './api.ts';
import type { Fault } from './faults.ts';
import type { Manager } from './manager.ts';
import { errorBody } from './refusal.ts';
import { lockedText } from './traffic.ts';

const tryAgainText = 'The operation could not be completed, please try again.';

/** Answers a request under the faults of an FMC that hit it: the first that answers counts. `frozen`: copies for `stale` faults, by their id. */
export async function answerUnderFaults(
  request: ApiRequest,
  faults: readonly Active<Fault>[],
  { world, frozen }: { world: World; frozen: ReadonlyMap<string, Manager> },
): Promise<ApiAnswer> {
  let { manager } = world;
  for (const fault of faults) {
    if (fault.kind === 'stale') manager = frozen.get(fault.id) ?? manager;
    if (fault.kind === 'expire') world.gate.expire(!fault.refresh);
    const cloud = manager.settings.release === 'cdfmc';
    const answer =
      cloud && fault.kind === 'unauthorized' ? refusedAtEdge(request) : faultAnswer(request, fault);
    if (answer) return answer;
  }
  const answer = await answerApi(request, { ...world, manager });
  return faults.some(({ kind }) => kind === 'error-in-success') && answer.status < 300
    ? jsonAnswer(answer.status, errorBody('An internal error occurred.', 'OTHER'))
    : answer;
}

function faultAnswer({ method, body }: ApiRequest, fault: Fault): ApiAnswer | undefined {
  const { kind } = fault;
  if (kind === 'reject') return jsonAnswer(fault.status, errorBody(fault.description, fault.category));
  if (kind === 'answer') return jsonAnswer(fault.status, fault.body);
  if (kind === 'unauthorized') return jsonAnswer(401, errorBody('Access token invalid.', 'FRAMEWORK'));
  if (kind === 'forbidden') return jsonAnswer(403, errorBody('The user is not authorized.', 'FRAMEWORK'));
  if (kind === 'try-again') return jsonAnswer(400, errorBody(tryAgainText, 'OTHER'));
  if (method === 'GET') return undefined;
  if (kind === 'locked') return jsonAnswer(429, errorBody(lockedText, 'FRAMEWORK'));
  if (kind === 'lie') return { status: 201, headers: { 'content-type': 'application/json' }, body };
  return undefined;
}
