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

/** One fault as it is written in a file or posted. Unknown fields are refused. */
const faultSchema = z.discriminatedUnion('kind', [
  /** An error envelope instead of handling the request. */
  z.strictObject({
    kind: z.literal('reject'),
    status: z.int().min(400).max(599).default(500),
    error: z.int().optional(),
    cliError: z.union([z.string(), z.array(z.string())]).optional(),
    ...shared,
  }),
  /** 429 without JSON, as after too many failed logins. */
  z.strictObject({ kind: z.literal('throttle'), retryAfterSeconds: z.int().min(0).optional(), ...shared }),
  /** Waits, then handles the request. */
  z.strictObject({ kind: z.literal('delay'), milliseconds: z.int().min(0), ...shared }),
  /** Cuts the connection; the request is not handled. */
  z.strictObject({ kind: z.literal('drop'), ...shared }),
  /** Handles the request, then cuts the connection: the reply is lost. */
  z.strictObject({ kind: z.literal('drop-after-commit'), ...shared }),
  /** 500 with a page instead of JSON. */
  z.strictObject({ kind: z.literal('server-error'), ...shared }),
  /** 200 with the login page. */
  z.strictObject({ kind: z.literal('login-page'), ...shared }),
  z.strictObject({ kind: z.literal('unauthorized'), ...shared }),
  z.strictObject({ kind: z.literal('forbidden'), ...shared }),
  /** GETs are answered from a copy of the device made when the fault was set. */
  z.strictObject({ kind: z.literal('stale'), ...shared }),
  /** Cuts this connection and all others and refuses new ones for a while; `immediately` does not wait for a request. */
  z.strictObject({
    kind: z.literal('down'),
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

/** Reads faults from a parsed file or body. Throws RangeError that names every problem. */
function parseFaults(input: unknown): z.infer<typeof faultList> {
  const parsed = faultList.safeParse(input);
  if (!parsed.success) {
    throw new RangeError(`These faults cannot be used: ${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

/** The faults in force, in the order they were set. */
export class FaultInjector {
  #active: ActiveFault[] = [];
  #next = 1;

  /** Adds faults and returns them with their ids. Throws RangeError for a regular expression that cannot be read. */
  add(input: unknown): Fault[] {
    const added = parseFaults(input).map((fault): ActiveFault => {
      const id = fault.id ?? `fault-${this.#next++}`;
      return {
        fault: { ...fault, id },
        method: compile(fault.method),
        path: compile(fault.path),
        seen: 0,
        hits: 0,
      };
    });
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
  match(method: string, url: string): Fault[] {
    const hit: Fault[] = [];
    for (const active of this.#active) {
      if (!active.method.test(method) || !active.path.test(url)) {
        continue;
      }
      if (active.fault.kind === 'stale' && method !== 'GET') {
        continue;
      }
      active.seen += 1;
      const spent = active.fault.times !== undefined && active.hits >= active.fault.times;
      if (active.seen > active.fault.after && !spent) {
        active.hits += 1;
        hit.push(active.fault);
      }
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
