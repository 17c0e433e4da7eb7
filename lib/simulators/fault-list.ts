import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** What every fault of a simulator has besides its kind; spread into the schema of each. */
export const faultFields = {
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

/** The schema of a fault that needs no more than its kind. */
export function plainFault<K extends string>(kind: K) {
  return z.strictObject({ kind: z.literal(kind), ...faultFields });
}

/** What the schema of a simulator's faults gives at least. */
export interface FaultBase {
  kind: string;
  id?: string | undefined;
  method?: string | undefined;
  path?: string | undefined;
  after: number;
  times?: number | undefined;
}

interface ActiveFault<F> {
  fault: F & { id: string };
  method: RegExp;
  path: RegExp;
  seen: number;
  hits: number;
}

/** The faults in force, in the order they were set. */
export class FaultList<F extends FaultBase> {
  readonly #schema: z.ZodType<F>;
  #active: ActiveFault<F>[] = [];
  #next = 1;

  constructor(schema: z.ZodType<F>) {
    this.#schema = schema;
  }

  /**
   * Adds one fault or a list of them, as they stand in a file or a body, and returns them with their ids. Throws
   * RangeError that names every problem, or a regular expression that cannot be read; then none is added.
   */
  add(input: unknown): (F & { id: string })[] {
    const parsed = z.array(this.#schema).safeParse(Array.isArray(input) ? input : [input]);
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ message, path }) => `${path.join('.')}: ${message}`);
      throw new RangeError(`These faults cannot be used: ${problems.join('; ')}`);
    }
    const added = parsed.data.map(
      (fault): ActiveFault<F> => ({
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
  list(): (F & { id: string; seen: number; hits: number })[] {
    return this.#active.map(({ fault, seen, hits }) => ({ ...fault, seen, hits }));
  }

  /** Removes one fault, or all; returns how many. */
  remove(id?: string): number {
    const before = this.#active.length;
    this.#active = id === undefined ? [] : this.#active.filter(({ fault }) => fault.id !== id);
    return before - this.#active.length;
  }

  /** The faults that hit this request; counts it for every fault it matches. `fits` = whether a fault concerns it at all. */
  match(method: string, url: string, fits: (fault: F) => boolean): (F & { id: string })[] {
    const hit: (F & { id: string })[] = [];
    for (const active of this.#active) {
      const { fault } = active;
      if (!active.method.test(method) || !active.path.test(url) || !fits(fault)) continue;
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

/** Faults as they stand in a file. Throws RangeError for one that is not JSON. */
export async function readFaults(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${file} is not JSON.`, { cause: error });
  }
}
