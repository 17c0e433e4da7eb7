import { afterEach, beforeEach, expect, test } from 'vitest';
import { listObject, ListWorld } from '../../../test/support/list-world.ts';

let lists: ListWorld;
const { name } = listObject('web');

beforeEach(async () => {
  lists = await ListWorld.start();
  await lists.publish('web', ['10.1.0.1']);
});
afterEach(async () => await lists.stop());

function stored(): string | undefined {
  return lists.bucket.objects.get(`lists/${name}`)?.body;
}

/** What another run writes between our read and our write. */
async function meanwhile(body: string): Promise<void> {
  lists.bucket.faults.add({ kind: 'delay', milliseconds: 150, method: 'PUT', times: 1 });
  await new Promise((resolve) => setTimeout(resolve, 75));
  const object = lists.bucket.objects.get(`lists/${name}`);
  if (object) lists.bucket.objects.put(`lists/${name}`, { ...object, body });
}

test('what somebody else wrote in between is not written over', async () => {
  const other = meanwhile('10.1.0.1\n10.1.0.7\n');
  await Promise.all([lists.publish('web', ['10.1.0.2']), other]);
  expect(stored()).toBe('10.1.0.1\n10.1.0.2\n10.1.0.7\n');
});

test('somebody who is always faster ends the attempt, not the list', async () => {
  lists.bucket.faults.add({ kind: 'conflict', method: 'PUT' });
  await expect(lists.publish('web', ['10.1.0.2'])).rejects.toMatchObject({ code: 'firewall/busy' });
  expect(stored()).toBe('10.1.0.1\n');
  const puts = lists.bucket.requests.list().filter(({ method }) => method === 'PUT');
  expect(puts[0]?.statuses).toEqual({ 200: 1, 409: 3 });
});

test('half of a list is none: nothing is written over the whole one, and no firewall gets it', async () => {
  const all = Array.from({ length: 100 }, (_, at) => `10.2.0.${at}`);
  await lists.publish('web', all);
  const whole = stored();
  lists.bucket.faults.add({ kind: 'half', method: 'GET' });
  await expect(lists.publish('web', ['10.1.0.2'])).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
  expect(stored()).toBe(whole);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 503 });
  lists.bucket.faults.remove();
  await lists.world.clock.sleep(10_000);
  expect(await lists.fetch(`/${name}`)).toMatchObject({ status: 200, body: whole });
});

test('nothing is written when nothing changes', async () => {
  const before = lists.bucket.objects.commits.last;
  await lists.publish('web', ['10.1.0.1']);
  expect(lists.bucket.objects.commits.last).toBe(before);
});

test('no password of a reader goes to the bucket', async () => {
  const text = JSON.stringify(lists.bucket.objects.keys().map((key) => lists.bucket.objects.get(key)));
  for (const secret of ['branch-password-1', 'spare-password-old']) expect(text).not.toContain(secret);
});
