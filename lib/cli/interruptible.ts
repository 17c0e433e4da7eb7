import type { CliIo } from './io.ts';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a work that has to tidy up behind itself: a signal that would end the process asks the work to end instead, while it runs. Further ones
 * change nothing, because a launcher sends that of the process group once more.
 */
export async function interruptible<T>(
  { signals }: Pick<CliIo, 'signals'>,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of endings) signals.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of endings) signals.off(signal, stop);
  }
}
