import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortimanager-connection.ts';
import { readFeed } from '../simulator/enforced.ts';
import { type FortimanagerSimulator, startFortimanagerSimulator } from '../simulator/index.ts';

const object = objectNamed('web', 'feed');
const createWith = { comment: commentFor(object.name) };

let simulator: FortimanagerSimulator;
beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ adoms: ['root', 'branch'] });
});
afterEach(async () => await simulator.stop());

const content = (file = `${object.name}.root.txt`) => simulator.manager.files.get(file)?.content;

test('the mark stands in a comment line, which readers skip', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, object, { createWith, add: ['10.1.0.1', 'fd00::1'], expectedCount: 2 });
  expect(content()).toBe(`# ${createWith.comment}\n10.1.0.1\nfd00::1\n`);
  expect(readFeed(content())).toEqual(['10.1.0.1', 'fd00::1']);
});

test('files are shared by all ADOMs, so two ADOMs keep two files', async () => {
  const root = await connectTo(simulator);
  const branch = await connectTo(simulator, { adom: 'branch' });
  await applyTo(root, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
  const own = { createWith: { comment: commentFor(object.name, 'branch') } };
  await applyTo(branch, object, { ...own, add: ['10.2.0.1'], expectedCount: 1 });
  expect(await root.observeMembers(object)).toEqual(['10.1.0.1']);
  expect(await branch.observeMembers(object)).toEqual(['10.2.0.1']);
});

test('lines of a person stay, and show', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
  const file = simulator.manager.files.get(`${object.name}.root.txt`);
  simulator.manager.files.set(`${object.name}.root.txt`, {
    content: `${file?.content}\n\n# later\r\n10.9.0.0/24\r\n`,
    modified: 1,
  });
  const { report } = await applyTo(connection, object, { add: ['10.1.0.2'], expectedCount: 2 });
  expect(report.suspicion).toMatchObject({ code: 'firewall/count-differs' });
  expect(await connection.observeMembers(object)).toEqual(['10.1.0.1', '10.9.0.0/24', '10.1.0.2']);
});

test('a repeated change writes nothing', async () => {
  const connection = await connectTo(simulator);
  const change = { createWith, add: ['10.1.0.1'], expectedCount: 1 };
  await applyTo(connection, object, change);
  await applyTo(connection, object, change);
  expect(asked(simulator, 'set ')).toBe(1);
});

test('a file that came shorter than the manager counts it is no answer', async () => {
  const connection = await connectTo(simulator);
  await applyTo(connection, object, { createWith, add: ['10.1.0.1'], expectedCount: 1 });
  const file = `${object.name}.root.txt`;
  const whole = simulator.manager.files.get(file)!;
  // A size in bytes that the text does not have.
  simulator.manager.files.set(file, { ...whole, size: 1_000 });
  await expect(connection.observeMembers(object)).rejects.toMatchObject({
    code: 'firewall/unexpected-answer',
  });
  expect((await applyTo(connection, object, { remove: ['10.1.0.1'] })).states).toEqual({
    '10.1.0.1': 'firewall/unexpected-answer',
  });
});

test('more entries than the firewalls take are refused, what leaves leaves', async () => {
  const connection = await connectTo(simulator, { feedEntriesMax: 2 });
  await applyTo(connection, object, { createWith, add: ['10.1.0.1', '10.1.0.2'], expectedCount: 2 });
  const change = { add: ['10.1.0.3', '10.1.0.4'], remove: ['10.1.0.1'], expectedCount: 3 };
  expect((await applyTo(connection, object, change)).states).toEqual({
    '10.1.0.1': 'done',
    '10.1.0.3': 'firewall/table-full',
    '10.1.0.4': 'firewall/table-full',
  });
  expect(await connection.observeMembers(object)).toEqual(['10.1.0.2']);
});

test.each([
  ['7.4.3', 10],
  ['7.4.4', 32],
])(
  'FortiManager %s: a file of more than %i MB, which firewalls cut, is refused, what leaves leaves',
  async (version, megabytes) => {
    simulator.manager.settings.version = version;
    const connection = await connectTo(simulator, { feedEntriesMax: 5_000_000 });
    await applyTo(connection, object, { createWith, add: ['10.1.0.1', '10.1.0.2'], expectedCount: 2 });
    const file = `${object.name}.root.txt`;
    const long = `# ${'x'.repeat(megabytes * 1_000_000 - content()!.length - 2)}\n`;
    simulator.manager.files.set(file, { content: content() + long, modified: 1 });
    const change = { add: ['10.1.0.3'], remove: ['10.1.0.1'], expectedCount: 2 };
    expect((await applyTo(connection, object, change)).states).toEqual({
      '10.1.0.1': 'done',
      '10.1.0.3': 'done',
    });
    const more = { add: ['10.1.0.4', '10.1.0.5'], remove: ['10.1.0.3'], expectedCount: 3 };
    expect((await applyTo(connection, object, more)).states).toEqual({
      '10.1.0.3': 'done',
      '10.1.0.4': 'firewall/table-full',
      '10.1.0.5': 'firewall/table-full',
    });
  },
);

describe('versions', () => {
  test.each([
    ['7.2.4', false],
    ['7.2.5', true],
    ['7.4.0', false],
    ['7.4.1', true],
    ['7.6.0', true],
  ])('FortiManager %s hosts files: %s', async (version, hosts) => {
    simulator.manager.settings.version = version;
    const connection = await connectTo(simulator);
    const seen = connection.observeObject(object);
    if (hosts) expect(await seen).toMatchObject({ exists: false });
    else await expect(seen).rejects.toMatchObject({ code: 'firewall/unsupported' });
  });
});
