/** Waits that an API asks for are kept up to this: a nonsensical one must not silence the agent. */
const longestRetryAfterSeconds = 60;

/** Statuses that say nothing about the version from which a watch was to go on: who asks may not, or may not now. */
const saysNothingOfVersion: ReadonlySet<number> = new Set([401, 403, 429, 502, 503]);

/** The Kubernetes API refused, ended a watch with an event of type ERROR, or sent something that is no event (status 0). */
export class ApiError extends Error {
  readonly status: number;
  /** How long the API asks to be left alone; 0 when it does not. */
  readonly retryAfterMilliseconds: number;

  constructor(status: number, message: string, retryAfter?: string) {
    super(
      status === 0
        ? `the Kubernetes API sent ${message.slice(0, 300)}`
        : `the Kubernetes API answered ${status}: ${message.slice(0, 300)}`,
    );
    this.status = status;
    // A date instead of seconds is allowed in HTTP; the API sends seconds.
    const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
    this.retryAfterMilliseconds = Math.min(seconds, longestRetryAfterSeconds) * 1_000;
  }
}

/** The version, or the place in a listing, is too old to go on from. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 410;
}

/** Whether the version may be what is wrong. A connection that fails says nothing of it. */
export function doubtsVersion(error: unknown): boolean {
  return error instanceof ApiError && !saysNothingOfVersion.has(error.status);
}

/** The wait before the next try: ours, or the longer one that the API asks for. */
export function waitAfter(error: unknown, ours: number): number {
  return error instanceof ApiError ? Math.max(ours, error.retryAfterMilliseconds) : ours;
}
