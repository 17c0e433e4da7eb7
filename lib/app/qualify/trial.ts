import { isZonebridgeError, type ZonebridgeError } from '../../core/errors.ts';
import type { ObjectReport } from '../../core/firewall.ts';
import type { Bench } from './bench.ts';

/** One promise, tried on a device. `run` gives what was seen; it throws {@link Broken} when the promise does not hold. */
export interface Trial {
  id: string;
  promise: string;
  /** Why it cannot be tried with this module; undefined when it can. */
  skip?(bench: Bench): string | undefined;
  run(bench: Bench): Promise<string>;
}

/** The device did something else than was promised. */
class Broken extends Error {}

export interface TrialResult {
  id: string;
  promise: string;
  state: 'kept' | 'broken' | 'not possible';
  /** What was seen, or why it was not tried. */
  seen: string;
  /** Of the error that ended it. */
  code?: string;
  calls: number;
  /** Sent and received. */
  bytes: number;
  milliseconds: number;
}

/** Runs one trial on a connection of its own. Only programming errors are thrown. */
export async function runTrial(trial: Trial, bench: Bench): Promise<TrialResult> {
  const { id, promise } = trial;
  const [began, before] = [bench.now(), bench.cost()];
  const result = (state: TrialResult['state'], seen: string, code?: string): TrialResult => ({
    id,
    promise,
    state,
    seen,
    ...(code === undefined ? {} : { code }),
    calls: bench.cost().calls - before.calls,
    bytes: bench.cost().bytes - before.bytes,
    milliseconds: Math.round(bench.now() - began),
  });
  try {
    await bench.connect();
    const why = trial.skip?.(bench);
    if (why !== undefined) return result('not possible', why);
    return result('kept', await trial.run(bench));
  } catch (error) {
    if (error instanceof Broken) return result('broken', error.message);
    if (isZonebridgeError(error)) return result('broken', error.message, error.code);
    throw error;
  } finally {
    await bench.disconnect();
  }
}

/** Everything in the report is done, and nothing is suspicious. */
export function requireDone(report: ObjectReport): void {
  const { created, outcomes, suspicion } = report;
  const all = [...(created ? [created] : []), ...outcomes.values()];
  const bad = all.find(({ state }) => state !== 'done');
  if (bad && bad.state !== 'done') throw bad.error;
  if (suspicion) throw suspicion;
}

export function requireSame(seen: readonly string[], wanted: readonly string[], what: string): void {
  const [left, right] = [seen.toSorted(), wanted.toSorted()];
  if (JSON.stringify(left) === JSON.stringify(right)) return;
  const missing = right.filter((one) => !left.includes(one));
  const extra = left.filter((one) => !right.includes(one));
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} missing, such as ${missing[0]}`] : []),
    ...(extra.length > 0 ? [`${extra.length} too many, such as ${extra[0]}`] : []),
  ];
  throw new Broken(`${what}: ${parts.join('; ') || `${left.length} instead of ${right.length}`}`);
}

export function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new Broken(otherwise);
}

/** The work must be refused with this code. */
export async function requireRefusal(
  work: () => Promise<unknown>,
  code: ZonebridgeError['code'],
): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (isZonebridgeError(error, code)) return error.message;
    throw error;
  }
  throw new Broken(`nothing was refused, ${code} was expected`);
}
