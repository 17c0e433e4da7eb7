import { z } from 'zod';

const shared = {
  /** Name to delete it by; given by the simulator when absent. */
  id: z.string().min(1).optional(),
  /** Regular expressions, looked for in the method and in the path with its query. */
  method: z.string().optional(),
  path: z.string().optional(),
  /** Matching requests that pass first. */
  after: z.int().min(0).default(0),
  /** How many requests it hits; absent: all until it is deleted. */
  times: z.int().min(1).optional(),
};

const events = z.int().min(0).default(0);

/** One fault as it is written in a file or posted. Unknown fields are refused. */
const faultSchema = z.discriminatedUnion('kind', [
  /** A Status with this code instead of an answer: 401, 403, 410, 429, 500, 503, 504 ... */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599),
    reason: z.string().optional(),
    message: z.string().optional(),
    retryAfterSeconds: z.int().min(0).optional(),
    ...shared,
  }),
  /** Waits, then handles the request. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(0), ...shared }),
  /** Cuts the connection; the request is not handled. */
  z.strictObject({ kind: z.literal('drop'), ...shared }),
  /** Handles the request, then cuts the connection: the reply is lost. */
  z.strictObject({ kind: z.literal('drop-after-commit'), ...shared }),
  /** Sends the first half of the answer, then cuts the connection. */
  z.strictObject({ kind: z.literal('truncate'), ...shared }),
  /** Never answers and never closes, as a connection whose other end is gone. */
  z.strictObject({ kind: z.literal('half-open'), ...shared }),
  /** Ends watches after so many events. */
  z.strictObject({
    kind: z.literal('watch-end'),
    how: z.enum(['clean', 'abrupt']).default('clean'),
    events,
    ...shared,
  }),
  /** After so many events a watch is silent and stays open. */
  z.strictObject({ kind: z.literal('watch-silence'), events, ...shared }),
  /** After so many events a watch ends with the event that its version is too old. */
  z.strictObject({ kind: z.literal('watch-gone'), events, ...shared }),
  /** Each event of a watch comes twice. */
  z.strictObject({ kind: z.literal('watch-duplicate'), ...shared }),
  /** Each event of a watch is followed by the one before it about the same object, again. */
  z.strictObject({ kind: z.literal('watch-stale'), ...shared }),
  /** Each event of a watch comes this much later. */
  z.strictObject({ kind: z.literal('watch-delay'), milliseconds: z.int().min(1), ...shared }),
  /** Cuts all connections and refuses new ones for a while; watches cannot be resumed from before, versions go on. */
  z.strictObject({
    kind: z.literal('restart'),
    milliseconds: z.int().min(1),
    immediately: z.boolean().default(false),
    ...shared,
  }),
]);

const faultList = z.union([z.array(faultSchema), faultSchema.transform((fault) => [fault])]);

export type Fault = z.infer<typeof faultSchema> & { id: string };

interface ActiveFault {
  fault: Fault;
  method: RegExp;
  path: RegExp;
  seen: number;
  hits: number;
}

/** The faults in force, in the order they were set. */
export class FaultInjector {
  #active: ActiveFault[] = [];
  #next = 1;

  /** Adds faults and returns them with their ids. Throws RangeError that names every problem. */
  add(input: unknown): Fault[] {
    const parsed = faultList.safeParse(input);
    if (!parsed.success) {
      throw new RangeError(`These faults cannot be used: ${z.prettifyError(parsed.error)}`);
    }
    const added = parsed.data.map(
      (fault): ActiveFault => ({
        fault: { ...fault, id: fault.id ?? `fault-${this.#next++}` },
        method: compile(fault.method),
        path: compile(fault.path),
        seen: 0,
        hits: 0,
      }),
    );
    this.#active.push(...added);
    return added.map(({ fault }) => fault);
  }

  /** Faults with how many requests they have matched and hit. */
  list(): (Fault & { seen: number; hits: number })[] {
    return this.#active.map(({ fault, seen, hits }) => ({ ...fault, seen, hits }));
  }

  /** Removes one fault, or all; returns how many. */
  remove(id?: string): number {
    const before = this.#active.length;
    this.#active = id === undefined ? [] : this.#active.filter(({ fault }) => fault.id !== id);
    return before - this.#active.length;
  }

  /** The faults that hit this request; counts it for every fault it matches. */
  match(method: string, url: string, isWatch: boolean): Fault[] {
    const hit: Fault[] = [];
    for (const active of this.#active) {
      const { fault } = active;
      if (!active.method.test(method) || !active.path.test(url)) continue;
      if (fault.kind.startsWith('watch-') && !isWatch) continue;
      active.seen += 1;
      const spent = fault.times !== undefined && active.hits >= fault.times;
      if (active.seen <= fault.after || spent) continue;
      active.hits += 1;
      hit.push(fault);
    }
    return hit;
  }
}

function compile(pattern: string | undefined): RegExp {
  try {
    return new RegExp(pattern ?? '', 'i');
  } catch (error) {
    throw new RangeError(`${JSON.stringify(pattern)} is not a regular expression.`, { cause: error });
  }
}
