import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { verifyArchive } from '../../lib/app/commands/history/verify.ts';
import { AuditWorld } from '../support/audit-world.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod } from '../support/world.ts';

const web = { app: 'web' };
const hour = 3_600_000;

/** Five objects, long enough ago to count. */
async function five(): Promise<AuditWorld> {
  const audit = await AuditWorld.start([group('web')]);
  for (const index of [1, 2, 3, 4, 5]) {
    await audit.world.upsert(pod(`p${index}`, `10.1.0.${index}`, web));
    await audit.deliver();
  }
  await audit.world.clock.sleep(hour);
  return audit;
}

async function findings(audit: AuditWorld): Promise<string[]> {
  const { world, ports } = audit;
  const now = world.clock.now();
  const period = { from: now - 12 * hour, to: now };
  const active = await world.configurations.active();
  const request = { subject: 'edge', period, historyDays: 90 };
  return (await verifyArchive(ports, active, request)).findings.map(({ what, text }) => `${what}: ${text}`);
}

function keyOf(audit: AuditWorld, sequence: number): string {
  const found = [...audit.archive.objects.keys()].find((key) => key.includes(`${sequence}.jsonl.gz`));
  if (found === undefined) throw new Error(`no object ${sequence}`);
  return found;
}

describe('the archive is verified', () => {
  test('nothing is found where nothing is wrong, also over midnight', async () => {
    const audit = await five();
    expect(await findings(audit)).toEqual([]);
    await audit.world.clock.sleep(8 * hour);
    await audit.world.upsert(pod('late', '10.1.0.9', web));
    await audit.deliver();
    await audit.world.clock.sleep(hour);
    expect(await findings(audit)).toEqual([]);
  });

  test.each([3, 5])('object %i that is missing shows', async (sequence) => {
    const audit = await five();
    audit.archive.objects.delete(keyOf(audit, sequence));
    expect(await findings(audit)).toContain(`missing: number ${sequence} is missing`);
  });

  test('the last objects that are missing show', async () => {
    const audit = await five();
    for (const sequence of [4, 5]) audit.archive.objects.delete(keyOf(audit, sequence));
    expect(await findings(audit)).toContain('missing: numbers 4 to 5 are missing');
  });

  test.each([2, 5])('one word changed in object %i shows', async (sequence) => {
    const audit = await five();
    const key = keyOf(audit, sequence);
    const body = audit.archive.objects.get(key) ?? new Uint8Array();
    const text = gunzipSync(body).toString().replaceAll(`p${sequence}`, 'p9');
    audit.archive.objects.set(key, gzipSync(text));
    expect((await findings(audit)).some((finding) => finding.startsWith('changed'))).toBe(true);
  });

  test('a record cut out of an object shows, twice', async () => {
    const audit = await five();
    const key = keyOf(audit, 3);
    const lines = gunzipSync(audit.archive.objects.get(key) ?? new Uint8Array())
      .toString()
      .split('\n');
    audit.archive.objects.set(key, gzipSync([...lines.slice(0, 1), ...lines.slice(2)].join('\n')));
    const found = await findings(audit);
    expect(found.some((finding) => finding.includes('records and holds'))).toBe(true);
    expect(found.some((finding) => finding.includes('does not follow'))).toBe(true);
  });

  test('rubbish instead of an object shows', async () => {
    const audit = await five();
    audit.archive.objects.set(keyOf(audit, 2), new TextEncoder().encode('rubbish'));
    expect((await findings(audit)).some((finding) => finding.startsWith('unreadable'))).toBe(true);
  });

  test('a change that never came out of the stream shows by the ledger', async () => {
    const audit = await AuditWorld.start([group('web')]);
    await audit.world.upsert(pod('a', '10.1.0.1', web));
    await audit.deliver();
    await audit.world.upsert(pod('b', '10.1.0.2', web));
    audit.stream.take();
    await audit.world.clock.sleep(hour);
    expect(await findings(audit)).toEqual([
      expect.stringMatching(/^unrecorded: the ledger changed 10\.1\.0\.2 of web/),
    ]);
  });

  test('a row of the index that is missing shows, and one without a record', async () => {
    const audit = await five();
    const [row] = audit.world.tables.all('history').filter(({ key }) => key.pk === 'address|10.1.0.2');
    if (!row) throw new Error('no row');
    await audit.world.tables.write({ key: row.key, delete: true });
    expect(await findings(audit)).toEqual([expect.stringMatching(/^not-indexed: .+address\|10\.1\.0\.2$/)]);
    const day = new Date(audit.world.clock.now()).toISOString().slice(0, 10);
    const made = { ...row.key, pk: `subject|edge|${day}`, sk: `${row.key.sk}9` };
    const record = JSON.stringify({ ...JSON.parse(row.item['record'] as string), id: 'made up' });
    await audit.world.tables.write({ key: made, put: { ...row.item, record } });
    expect(await findings(audit)).toContainEqual(expect.stringMatching(/^not-archived: .+made up/));
  });
});

test('the command says that it is complete, or what is missing and exit code 1', async () => {
  const world = await OperatorWorld.start({ web: pushed('web') });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes', '--author', 'mia']);
  await world.archiveAll();
  await world.tell(pod('a', '10.1.0.1', web));
  await world.archiveAll();
  await world.clock.sleep(hour);
  const good = await world.run(['history', 'verify']);
  expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('The archive is complete.')]);
  const [key] = [...world.archive.objects.keys()].filter((each) => each.includes('/edge/'));
  world.archive.objects.delete(key ?? '');
  const bad = await world.json(['history', 'verify', '--from', '3h']);
  expect(bad.code).toBe(1);
  expect(bad.result).toMatchObject({ ok: false });
});

test('an apply is recorded under the name that AWS gives, what was typed beside it', async () => {
  const world = await OperatorWorld.start({ web: pushed('web') });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes', '--author', 'somebody else']);
  await world.archiveAll();
  const { result } = await world.json(['history', 'hub']);
  expect(result['changes']).toMatchObject([
    { action: { what: 'apply', by: world.principal, details: { author: 'somebody else' } } },
  ]);
  expect((await world.run(['status'])).stdout).toContain('applied by somebody else');
});

test('who applies is named by AWS where neither a person nor a pipeline nor the machine does', async () => {
  const world = await OperatorWorld.start({ web: pushed('web') });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes'], { env: {} });
  expect((await world.run(['status'])).stdout).toContain(`applied by ${world.principal}`);
});

test('the command looks at the period that was asked for, on whichever side of `verify` it stands', async () => {
  const world = await OperatorWorld.start({ web: pushed('web') });
  onTestFinished(() => world.stop());
  world.storeToken();
  await world.run(['apply', '--yes']);
  await world.archiveAll();
  const now = world.clock.now();
  for (const argv of [
    ['history', 'verify', '--from', '30d', '--to', '2h'],
    ['history', '--from', '30d', 'verify', '--to', '2h'],
  ])
    expect((await world.json(argv)).result).toMatchObject({ from: now - 30 * 24 * hour, to: now - 2 * hour });
  for (const [argv, text] of [
    [['--from', '1h', '--to', '2h'], 'later than'],
    [['--at', '14:03'], '--at is not for'],
    [['--as', 'group'], '--as is not for'],
    [['--from', 'whenever'], 'is no time'],
  ] as const)
    expect(await world.run(['history', 'verify', ...argv])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(text),
    });
});
