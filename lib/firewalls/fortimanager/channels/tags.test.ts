import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
  statesOf,
} from '../../../../test/support/firewalls/fortimanager-connection.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from '../simulator/index.ts';
import { fullMark, shortMark, sourceLength } from './short-mark.ts';

const web = objectNamed('web', 'tags');
const shop = objectNamed('shop', 'tags');
const made = ({ name }: { name: string }) => ({ createWith: { comment: commentFor(name) } });

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator();
});
afterEach(async () => await simulator.stop());

const calls = () => asked(simulator, 'exec /connector/user/manage');

test('the mark fits into the field of a tag and comes back whole', () => {
  const comment = commentFor('zb-test.web');
  const short = shortMark(comment);
  expect(short.length).toBe(sourceLength);
  expect(comment.startsWith(`${fullMark(short)} `)).toBe(true);
  expect(fullMark('FMG JSON')).toBe('FMG JSON');
});

test.each([
  ['7.4.4', 1],
  ['7.4.3', 4],
  ['7.0.12', 4],
])('FortiManager %s takes additions and removals of two tags in %i calls', async (version, count) => {
  simulator.manager.settings.version = version;
  const connection = await connectTo(simulator);
  for (const object of [web, shop])
    await applyTo(connection, object, { ...made(object), add: ['10.1.0.1'], expectedCount: 1 });
  const before = calls();
  const change = { add: ['10.1.0.2'], remove: ['10.1.0.1'], expectedCount: 1 };
  await connection.apply([
    { object: web, ...change },
    { object: shop, ...change },
  ]);
  expect(calls() - before).toBe(count);
  expect(await connection.observeMembers(web)).toEqual(['10.1.0.2']);
});

test('a tag that is gone does not stop the others', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, web, { ...made(web), expectedCount: 0 });
  const reports = await connection.apply([
    { object: shop, add: ['10.1.0.1'], remove: [], expectedCount: 1 },
    { object: web, add: ['10.1.0.1'], remove: [], expectedCount: 1 },
  ]);
  expect(reports.map(statesOf)).toEqual([{ '10.1.0.1': 'firewall/object-missing' }, { '10.1.0.1': 'done' }]);
});

test('a tag that is offered carries the word in the same field', async () => {
  const row = { name: `js_zonebridge_${web.name}`, 'connector-source': 'zonebridge:offer:web' };
  simulator.manager
    .adom('root')
    .change('user/adgrp', new Map([[row.name, row]]), { session: '', user: 'alice', locking: false });
  const connection = await connectTo(simulator);
  expect(await connection.observeObject({ ...web, create: 'offered' })).toEqual({
    exists: true,
    comment: 'zonebridge:offer:web',
  });
});

test('an empty answer about a tag that is gone is not an empty tag', async () => {
  const connection = await connectTo(simulator);
  await expect(connection.observeMembers(web)).rejects.toMatchObject({ code: 'firewall/object-missing' });
});

test('what is left in a tag goes before the tag goes', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, web, { ...made(web), add: ['10.1.0.1'], expectedCount: 1 });
  await connection.deleteObject(web);
  await applyTo(connection, web, { ...made(web), expectedCount: 0 });
  expect(await connection.observeMembers(web)).toEqual([]);
});
