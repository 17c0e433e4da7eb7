import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectChanges, ObjectRef, ObjectReport, Outcome } from '../../core/firewall.ts';
import { parseAddress } from '../../core/model/address.ts';

/** A report that is being filled. */
export interface OpenReport extends Omit<ObjectReport, 'outcomes'> {
  changes: ObjectChanges;
  outcomes: Map<string, Outcome>;
}

export function openReport(changes: ObjectChanges): OpenReport {
  return { changes, object: changes.object, outcomes: new Map() };
}

export function closeReport(open: OpenReport): ObjectReport {
  const { changes: _, ...report } = open;
  return report;
}

/** Runs the steps of one `apply`; after an error that every further call would meet, too, nothing more is sent. */
export class Attempt {
  #ended: ZonebridgeError | undefined;

  /** Runs a step, unless the attempt has ended. Errors become outcomes; only programming errors are thrown. */
  async step(work: () => Promise<void>): Promise<Outcome> {
    if (this.#ended) return { state: 'failed', error: this.#ended };
    try {
      await work();
      return { state: 'done' };
    } catch (error) {
      if (!(error instanceof ZonebridgeError)) throw error;
      if (endsAttempt(error)) this.#ended = notTried(error);
      return { state: error.code === 'firewall/outcome-unknown' ? 'unknown' : 'failed', error };
    }
  }
}

/** How a channel makes an object with a comment, or makes a former tool's its own by one. */
export interface Making {
  create: (object: ObjectRef, comment: string) => Promise<void>;
  /** Only where the channel adopts. */
  adopt?: (object: ObjectRef, comment: string) => Promise<void>;
}

/** Makes or adopts the object first, where that is asked for. When it fails, all changes of the object do. */
export async function makeFirst(
  attempt: Attempt,
  report: OpenReport,
  { create, adopt }: Making,
): Promise<void> {
  const { object, createWith, adoptWith } = report.changes;
  if (adoptWith && adopt)
    settleMaking(report, await attempt.step(async () => await adopt(object, adoptWith.comment)));
  else if (createWith)
    settleMaking(report, await attempt.step(async () => await create(object, createWith.comment)));
}

/** What came of making or adopting the object. Nothing is sent about one that was not made: all of its changes fail with the same error. */
export function settleMaking(report: OpenReport, outcome: Outcome): void {
  report.created = outcome;
  if (outcome.state === 'done') return;
  const { add, remove } = report.changes;
  for (const text of [...add, ...remove])
    report.outcomes.set(text, { state: 'failed', error: outcome.error });
}

/** False for an object that was to be made, and was not. */
export function isThere({ created }: OpenReport): boolean {
  return created === undefined || created.state === 'done';
}

/** What can be read of these texts. What cannot fails at once, alone: it must not be sent, and the others pass. */
export function readEach<T>(
  texts: readonly string[],
  read: (text: string) => T,
  outcomes: Map<string, Outcome>,
): T[] {
  return texts.flatMap((text) => {
    try {
      return [read(text)];
    } catch (error) {
      if (!(error instanceof ZonebridgeError)) throw error;
      outcomes.set(text, { state: 'failed', error });
      return [];
    }
  });
}

/** Those that are addresses, as they were written. The others fail: on a device they would stay without effect. */
export function validAmong(texts: readonly string[], outcomes: Map<string, Outcome>): string[] {
  const read = (text: string): string => {
    parseAddress(text);
    return text;
  };
  return readEach(texts, read, outcomes);
}

/** {@link validAmong} the additions of a report. */
export function validAdditions({ changes, outcomes }: OpenReport): string[] {
  return validAmong(changes.add, outcomes);
}

/** What is said about changes after the one that met the error: those were certainly not sent. */
function notTried(error: ZonebridgeError): ZonebridgeError {
  if (error.code !== 'firewall/outcome-unknown') return error;
  return new ZonebridgeError('firewall/unreachable', 'not sent: the firewall stopped answering', {
    cause: error,
  });
}

/** Errors that concern the whole attempt: the next call would end the same way. */
export function endsAttempt(error: ZonebridgeError): boolean {
  return (
    error.code === 'firewall/unreachable' ||
    error.code === 'firewall/certificate-untrusted' ||
    error.code === 'firewall/credentials-rejected' ||
    error.code === 'firewall/scope-missing' ||
    error.code === 'firewall/unknown-device' ||
    error.code === 'firewall/throttled' ||
    error.code === 'firewall/budget-used' ||
    error.code === 'firewall/unexpected-answer' ||
    error.code === 'firewall/unsupported' ||
    error.code === 'sync/lease-lost' ||
    (error.code === 'firewall/outcome-unknown' && error.fields.timedOut === true)
  );
}
