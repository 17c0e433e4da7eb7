import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dialects, readEntries } from '../../lib/firewalls/pull-list/simulator/reader/dialects.ts';
import { type ReaderCommand, simulateListReader } from '../../lib/firewalls/simulators.ts';
import { ListReader } from '../../lib/firewalls/pull-list/simulator/reader/reader.ts';
import { makeServerCertificate } from '../../lib/simulators/certificates.ts';
import type { ListFront } from '../../lib/sandbox/list-front.ts';
import { listFront } from '../support/list-front.ts';
import { ListWorld, passwords } from '../support/list-world.ts';

let lists: ListWorld;
let front: ListFront;
let name: string;

beforeEach(async () => {
  lists = await ListWorld.start();
  front = await listFront(lists);
  name = await lists.publish('web', ['10.1.0.1', 'fd00::1']);
});
afterEach(async () => {
  await front.stop();
  await lists.stop();
});

const login = { user: 'branch', password: passwords.branch };

function reader(kind: string, more: Partial<ConstructorParameters<typeof ListReader>[0]> = {}): ListReader {
  const dialect = dialects[kind]!;
  const own = dialect.authenticates ? { login } : {};
  return new ListReader({ url: `${front.url}/${name}`, ca: front.ca, dialect, ...own, ...more });
}

/** The address from which a kind of firewall may fetch. */
function comeAs(kind: string): void {
  front.from = dialects[kind]!.authenticates ? '10.9.1.1' : '10.8.0.5';
}

describe.each(Object.keys(dialects))('%s', (kind) => {
  beforeEach(() => comeAs(kind));

  test('holds exactly what was published, and follows', async () => {
    const device = reader(kind);
    expect(await device.poll()).toEqual({ result: 200, changed: true });
    expect(device.held).toEqual({ entries: ['10.1.0.1', 'fd00::1'], invalid: 0, cut: 0 });
    await lists.publish('web', ['10.1.0.2'], ['10.1.0.1']);
    await lists.world.clock.sleep(60_000);
    expect(await device.poll()).toEqual({ result: 200, changed: true });
    expect(device.held?.entries).toEqual(['10.1.0.2', 'fd00::1']);
    const { conditional, asksChecksum } = dialects[kind]!;
    const again = asksChecksum ? 'same checksum' : conditional ? 304 : 200;
    expect(await device.poll()).toEqual({ result: again, changed: false });
  });

  test('the largest list that the configuration lets it have comes whole, compressed on the way', async () => {
    const most = Math.min(20_000, dialects[kind]!.entriesMax);
    const all = Array.from(
      { length: most },
      (_, at) => `2001:db8:aaaa:bbbb:cccc:dddd:${(at >> 8).toString(16)}:${(at & 255).toString(16)}`,
    );
    const path = await lists.publish('large', all);
    const device = reader(kind, { url: `${front.url}/${path}` });
    await device.poll();
    expect(device.held?.cut).toBe(0);
    expect(device.held?.invalid).toBe(0);
    expect(new Set(device.held?.entries).size).toBe(most);
  });

  test('keeps its list while the server fails, and holds nothing before it ever was filled', async () => {
    const device = reader(kind);
    await device.poll();
    lists.bucket.faults.add({ kind: 'server-error' });
    lists.restarted();
    expect(await device.poll()).toEqual({ result: 503, changed: false });
    expect(device.held?.entries).toHaveLength(2);
    lists.bucket.faults.remove();
    const early = reader(kind, { url: `${front.url}/${await lists.publish('new', [])}` });
    expect(await early.poll()).toEqual({ result: 404, changed: false });
    expect(early.held).toBeUndefined();
  });

  test('an emptied list takes everything out of force, except on a feed', async () => {
    const device = reader(kind);
    await device.poll();
    await lists.publish('web', [], ['10.1.0.1', 'fd00::1']);
    await lists.world.clock.sleep(60_000);
    const { ignoresEmpty } = dialects[kind]!;
    expect(await device.poll()).toEqual({ result: 200, changed: !ignoresEmpty });
    expect(device.held).toEqual({
      entries: ignoresEmpty ? ['10.1.0.1', 'fd00::1'] : [],
      invalid: 0,
      cut: 0,
    });
  });

  test('does not take a list from somebody else', async () => {
    const { ca } = await makeServerCertificate('Load balancer');
    const device = reader(kind, { ca });
    const { result } = await device.poll();
    expect(String(result)).toMatch(/CERT|SIGNATURE|UNSPECIFIED/);
    expect(device.held).toBeUndefined();
    expect(front.answered).toEqual([]);
  });
});

test('a wrong password leaves the list of most in force, and takes that of PAN-OS out: two passwords bridge a change', async () => {
  const changed = new Map<string, boolean>();
  for (const kind of ['fortios', 'pan-os']) {
    const device = reader(kind);
    await device.poll();
    await lists.world.secrets.write('zonebridge/test/edge', JSON.stringify({ branch: 'another-password-1' }));
    await lists.world.clock.sleep(61_000);
    const refused = await device.poll();
    expect(refused.result).toBe(401);
    changed.set(kind, device.held === undefined);
    await lists.world.secrets.write(
      'zonebridge/test/edge',
      JSON.stringify({ branch: [login.password, 'another-password-1'] }),
    );
    await lists.world.clock.sleep(61_000);
    await device.poll();
    expect(device.held?.entries).toHaveLength(2);
  }
  expect(Object.fromEntries(changed)).toEqual({ fortios: false, 'pan-os': true });
});

test('what readers know: comments, spans, their ends', () => {
  const text =
    '# comment\n10.0.0.1\r\n\n10.0.0.5-10.0.0.9\n10.1.0.0/16\n10.1.0.0/33\nfd00::/64\nhttps://10.0.0.1\nnot-an-address\n';
  expect(readEntries(text, dialects['fortios']!)).toEqual({
    entries: ['10.0.0.1', '10.0.0.5-10.0.0.9', '10.1.0.0/16', 'fd00::/64'],
    invalid: 3,
    cut: 0,
  });
  expect(readEntries(text, dialects['generic-text']!)).toMatchObject({
    entries: ['10.0.0.1', '10.1.0.0/16', 'fd00::/64'],
    invalid: 5,
  });
  const many = Array.from(
    { length: 140_000 },
    (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
  ).join('\n');
  expect(readEntries(many, dialects['fortios-7.4.3']!)).toMatchObject({ cut: 140_000 - 131_072 });
  expect(readEntries(many, dialects['generic-text']!).entries).toHaveLength(10_000);
});

test('the command prints what a firewall would hold, and says which options do not fit', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zonebridge-reader-'));
  try {
    const [ca, passwordFile] = [join(folder, 'ca.pem'), join(folder, 'password')];
    await writeFile(ca, front.ca);
    await writeFile(passwordFile, `${login.password}\n`);
    const printed: string[] = [];
    const options = { url: `${front.url}/${name}`, ca, dialect: 'fortios', everySeconds: 60, once: true };
    const run = async (more: Partial<ReaderCommand>): Promise<void> =>
      await simulateListReader(
        { ...options, ...more },
        (line) => printed.push(line),
        new Promise(() => undefined),
      );
    await run({ user: login.user, passwordFile });
    await run({});
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      { result: 200, changed: true, held: 2, invalid: 0, cut: 0, entries: ['10.1.0.1', 'fd00::1'] },
      { result: 401, changed: false, held: null },
    ]);
    expect(printed.join('')).not.toContain(login.password);
    for (const more of [{ dialect: 'asa' }, { user: 'branch' }, { passwordFile }, { url: 'here' }])
      await expect(run(more)).rejects.toThrow(RangeError);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a reader that cannot send a password is not given one', () => {
  expect(() => reader('generic-text', { login })).toThrow(RangeError);
  expect(() => reader('fortios', { url: 'http://127.0.0.1/' })).toThrow(RangeError);
});
