import { z } from 'zod';
import type { FaultBase } from './fault-list.ts';
import { administrationPrefix, type SimulatorFrame } from './frame.ts';
import { type ApiAnswer, type ApiRequest, jsonAnswer } from './http.ts';
import type { CommitReader } from './vendor.ts';

/** Answers one route with what becomes the JSON of a 200. Throws RangeError, SyntaxError or ZodError for what does not fit: a 400. */
type Route = (asked: { id: string | undefined; query: URLSearchParams; body: () => unknown }) => unknown;

/** What a vendor's simulator says of itself below {@link administrationPrefix}. */
export interface Administration {
  /** Whether a request carries the credential of the device. */
  admits(request: ApiRequest): boolean;
  /** What to send, for those who did not. */
  credential: string;
  /** Read at each request. */
  commits: () => CommitReader;
  /** Its own routes by method and resource, such as `POST device`. One that is named like a common one stands for it. */
  routes: Readonly<Record<string, Route>>;
  /** The vendor's own kind of refusal, which is a 400 here. */
  refusal?: abstract new (
    ...args: never[]
  ) => Error;
  /** Body of an answer that is an error; `{"error": text}` unless given. */
  failure?(text: string, status: number): unknown;
}

/** Answers below {@link administrationPrefix}: faults, requests and commits as with every vendor, and the vendor's own routes. */
export function answerAdministration<F extends FaultBase>(
  request: ApiRequest,
  frame: SimulatorFrame<F>,
  admin: Administration,
): ApiAnswer {
  const fail = (status: number, error: string): ApiAnswer =>
    jsonAnswer(status, admin.failure?.(error, status) ?? { error });
  if (!admin.admits(request)) return fail(401, admin.credential);
  const { method, path, query } = request;
  const [resource = '', part] = path.slice(administrationPrefix.length).split('/');
  const id = part || (query.get('id') ?? undefined);
  const routes: Readonly<Record<string, Route>> = { ...commonRoutes(frame, admin), ...admin.routes };
  const route = routes[`${method} ${resource}`];
  if (!route) return fail(404, `No ${method} ${path} here; see the readme.`);
  try {
    return jsonAnswer(200, route({ id, query, body: () => JSON.parse(request.body) }));
  } catch (error) {
    const known = error instanceof RangeError || error instanceof SyntaxError || error instanceof z.ZodError;
    if (known || (admin.refusal && error instanceof admin.refusal)) return fail(400, error.message);
    throw error;
  }
}

function commonRoutes<F extends FaultBase>(
  frame: SimulatorFrame<F>,
  { commits }: Administration,
): Record<string, Route> {
  return {
    'GET faults': () => frame.listFaults(),
    'POST faults': ({ body }) => frame.addFaults(body()),
    'DELETE faults': ({ id }) => ({ removed: frame.removeFaults(id) }),
    'GET requests': () => frame.requests.list(),
    'DELETE requests': () => {
      frame.requests.clear();
      return {};
    },
    'GET commits': ({ query }) => ({
      last: commits().last,
      commits: commits().after(Number(query.get('after') ?? 0) || 0),
    }),
  };
}
