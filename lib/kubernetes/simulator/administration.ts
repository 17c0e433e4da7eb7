import { z } from 'zod';
import { type Answer, json } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { FaultList } from '../../simulators/fault-list.ts';
import type { Fault } from './faults/fault.ts';
import type { RequestLog } from './request-log.ts';
import type { ApiRequest } from './request.ts';
import type { Tokens } from './authorization.ts';
import type { Watches } from './watches.ts';

export const administrationPrefix = '/_simulator/';

export interface Administration {
  cluster: Cluster;
  faults: Pick<FaultList<Fault>, 'list' | 'remove'>;
  requests: RequestLog;
  tokens: Tokens;
  watches: Watches;
  addFaults(input: unknown): Fault[];
  restart(milliseconds: number): void;
}

const cut = z.strictObject({
  how: z.enum(['clean', 'abrupt', 'silent']).default('clean'),
  /** Plural of a kind; absent: all. */
  kind: z.string().optional(),
});
const restart = z.strictObject({ milliseconds: z.int().min(1).default(1000) });

/** Answers below `/_simulator/`; only the administrator comes here. */
export function answerAdministration(request: ApiRequest, admin: Administration): Answer {
  try {
    return route(request, admin);
  } catch (error) {
    if (error instanceof z.ZodError) return json(400, { error: z.prettifyError(error) });
    if (error instanceof RangeError || error instanceof SyntaxError)
      return json(400, { error: error.message });
    throw error;
  }
}

function route(request: ApiRequest, admin: Administration): Answer {
  const { cluster, faults, requests, tokens, watches } = admin;
  const [resource = '', id] = request.path.slice(administrationPrefix.length).split('/');
  const body = (): unknown => (request.body === '' ? {} : JSON.parse(request.body));
  switch (`${request.method} ${resource}`) {
    case 'GET faults':
      return json(200, faults.list());
    case 'POST faults':
      return json(200, admin.addFaults(body()));
    case 'DELETE faults':
      return json(200, { removed: faults.remove(id) });
    case 'GET state':
      return json(200, {
        revision: cluster.store.revision,
        objects: Object.fromEntries([...cluster.store.collections].map(([name, { size }]) => [name, size])),
        watches: watches.counts(),
      });
    case 'GET requests':
      return json(200, requests.list());
    case 'DELETE requests':
      requests.clear();
      return json(200, {});
    case 'POST watches':
      return json(200, { ended: endWatches(watches, cut.parse(body())) });
    case 'POST compact':
      cluster.store.compact();
      cluster.lists.expire();
      return json(200, { revision: cluster.store.revision });
    case 'POST expire-tokens':
      return json(200, { expired: tokens.expire() });
    case 'POST restart':
      admin.restart(restart.parse(body()).milliseconds);
      return json(200, {});
    default:
      return json(404, { error: `No ${request.method} ${request.path} here; see the readme.` });
  }
}

function endWatches(watches: Watches, { how, kind }: z.infer<typeof cut>): number {
  return watches.each(kind, (watcher) => {
    if (how === 'clean') watcher.end();
    else if (how === 'abrupt') watcher.cut();
    else watcher.silent = true;
  });
}
