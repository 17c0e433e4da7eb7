import { wake } from '../state/writers.ts';
import { wakeParts } from '../targets.ts';
import type { IngestContext } from './apply-change.ts';

/** Wakes every writer that has something new to look at, once for all of it. */
export async function wakeAll(context: IngestContext): Promise<void> {
  const { ports, active } = context;
  for (const [writerKey, { network, parts }] of wakeParts(
    ports.firewalls,
    active.configuration,
    context.marks,
  )) {
    await wake(ports, { hub: ports.hub, network, writerKey, parts: [...parts], now: ports.clock.now() });
  }
}
