import type { ListServing, ListSource } from '../../core/firewall.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import { writeList } from './list-text.ts';
import { isListName } from './names.ts';
import { readPasswords } from './passwords.ts';
import type { PullListSettings } from './schema.ts';

/** What serves the lists needs to know of an entry. */
export const serving: ListServing<PullListSettings> = {
  place: ({ bucket, region, hostName, certificateArn, trustStoreArn, readers }) => ({
    bucket,
    region,
    hostName,
    certificateArn,
    ...(trustStoreArn === undefined ? {} : { trustStoreArn }),
    readers: Object.entries(readers).map(([name, { sources, authentication, certificateSubject }]) => ({
      name,
      sources,
      password: authentication === 'password',
      ...(certificateSubject === undefined ? {} : { certificateSubject }),
    })),
  }),
  passwords: readPasswords,
  text: writeList,
  open: async (settings, clock) => {
    const { ListBucket } = await import('./bucket.ts');
    const bucket = new ListBucket(settings);
    // A firewall waits for the answer meanwhile.
    const timeoutMs = Math.min(settings.timeoutMs, 2_000);
    const source: ListSource = {
      read: async (name, known) => {
        // What no list can be called is not asked for: the name comes from outside.
        if (!isListName(name)) return 'missing';
        const read = async () =>
          known === undefined
            ? await bucket.read(name, timeoutMs)
            : await bucket.read(name, timeoutMs, known);
        const list = await repeatRead(clock, read);
        if (list === undefined) return 'missing';
        if (list === 'unchanged') return 'unchanged';
        const { text, tag, filled } = list;
        return { text, tag, filled };
      },
    };
    return source;
  },
};
