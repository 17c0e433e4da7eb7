import type { ListServing } from '../../core/lists.ts';
import { writeList } from './list-text.ts';
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
    readers: Object.entries(readers).map(([name, one]) => ({
      name,
      sources: one.sources,
      password: one.authentication === 'password',
      silentAfterMs: one.silentAfterMinutes * 60_000,
      ...(one.certificateSubject === undefined ? {} : { certificateSubject: one.certificateSubject }),
    })),
  }),
  passwords: readPasswords,
  text: writeList,
};
