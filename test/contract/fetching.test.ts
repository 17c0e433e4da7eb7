import { afterEach, expect, test, vi } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { startFetching } from '../../lib/sandbox/fetching.ts';
import { guestKinds } from '../../lib/sandbox/guest.ts';
import { entry, ListWorld } from '../support/list-world.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

test('every vendor can be a guest of the demo but the one that takes no pods without a change of configuration', () => {
  expect(guestKinds().sort()).toEqual(['cisco-fmc', 'fortigate', 'fortimanager', 'panorama', 'pull-list']);
});

test('a guest that fetches lists holds what was published, and each list that it gets is a commit', async () => {
  const lists = await ListWorld.start({ readers: { branch: { sources: ['127.0.0.1/32'] } } });
  ends.push(async () => await lists.stop());
  const { ports, configurations, secrets } = lists.world;
  const guest = await startFetching(entry, () => ({ ports, configurations }));
  ends.push(async () => await guest.stop());
  secrets.values.set(names.secret('test', entry), guest.secret);
  const name = await lists.publish('web', ['10.1.0.1', '10.1.0.2']);
  expect(guest.members('pull', name)).toBeUndefined();
  await vi.waitFor(() => expect(guest.members('pull', name)).toEqual(['10.1.0.1', '10.1.0.2']), 10_000);
  expect(guest.commits.last).toBe(1);
});
