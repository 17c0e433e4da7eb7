import type { ListSource } from '../../core/lists.ts';
import type { Clock } from '../../core/ports.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import { isListName } from './names.ts';
import type { PullListSettings } from './schema.ts';

/** The bucket as the function that serves the lists reads it. */
export async function openLists(settings: PullListSettings, clock: Clock): Promise<ListSource> {
  const { ListBucket } = await import('./bucket.ts');
  const bucket = new ListBucket(settings);
  // A firewall waits for the answer meanwhile.
  const timeoutMs = Math.min(settings.timeoutMs, 2_000);
  const source: ListSource = {
    read: async (name, known) => {
      // What no list can be called is not asked for: the name comes from outside.
      if (!isListName(name)) return 'missing';
      const read = async () =>
        known === undefined ? await bucket.read(name, timeoutMs) : await bucket.read(name, timeoutMs, known);
      const list = await repeatRead(clock, read);
      if (list === undefined) return 'missing';
      if (list === 'unchanged') return 'unchanged';
      const { text, tag, filled } = list;
      return { text, tag, filled };
    },
  };
  return source;
}
