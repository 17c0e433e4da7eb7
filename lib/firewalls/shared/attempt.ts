import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectChanges, ObjectReport, Outcome } from '../../core/firewall.ts';

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
