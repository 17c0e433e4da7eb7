/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. Later ones do nothing: a launcher, npm or `timeout` sends the signal of the process
 * group once more, and a second one with its default effect would cut the cleaning up short. Call it before anything is made.
 */
export function untilStopped(): Promise<void> {
  stopped ??= new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  return stopped;
}

/** Listened for once, however many begin and fail in one process. */
let stopped: Promise<void> | undefined;
