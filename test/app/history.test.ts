import { describe, expect, onTestFinished, test } from 'vitest';
import { holdingsAt } from '../../lib/app/commands/history/at.ts';
import { changesOf } from '../../lib/app/commands/history/changes.ts';
import { AuditWorld } from '../support/audit-world.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { group, pod } from '../support/world.ts';

const web = { app: 'web' };
const minute = 60_000;

describe('who had an address', () => {
  async function story() {
    const audit = await AuditWorld.start([group('web'), group('db')]);
    const { world } = audit;
    const times: number[] = [];
    const step = async (act: () => Promise<void>) => {
      await world.clock.sleep(minute);
      times.push(world.clock.now());
      await act();
      await audit.deliver();
    };
    await step(() => world.upsert(pod('first', '10.1.0.1', web)));
    await step(() => world.upsert(pod('other', '10.1.0.2', web)));
    await step(() => world.upsert(pod('second', '10.1.0.1', { app: 'db' })));
    await step(() => world.remove('second'));
    await world.clock.sleep(minute);
    const app = { ports: world.ports, configurations: world.configurations };
    const names = async (subject: Parameters<typeof holdingsAt>[1], at: number) =>
      (await holdingsAt(app, subject, at)).map(
        ({ address, was, group: of }) => `${of} ${address} ${was.name} ${was.state}`,
      );
    return { audit, world, times, names, app };
  }

  test('between any two changes, and before and after all of them', async () => {
    const { times, names } = await story();
    const subject = { kind: 'address', address: '10.1.0.1' } as const;
    const [t1 = 0, , t3 = 0, t4 = 0] = times;
    const half = minute / 2;
    expect(await names(subject, t1 - 1)).toEqual([]);
    expect(await names(subject, t1 + half)).toEqual(['web 10.1.0.1 one/shop/first present']);
    expect(await names(subject, t3 - 1)).toEqual(['web 10.1.0.1 one/shop/first present']);
    expect(await names(subject, t3 + half)).toEqual(['db 10.1.0.1 one/shop/second present']);
    expect(await names(subject, t4 + half)).toEqual([]);
  });

  test('a group and a firewall at a moment, also where nothing changed since', async () => {
    const { times, names, app } = await story();
    const [, t2 = 0, t3 = 0] = times;
    const both = ['web 10.1.0.1 one/shop/first present', 'web 10.1.0.2 one/shop/other present'];
    expect(await names({ kind: 'group', group: 'web' }, t2 + 1000)).toEqual(both);
    expect(await names({ kind: 'firewall', firewall: 'edge' }, t2 + 1000)).toEqual(both);
    const [other] = await holdingsAt(app, { kind: 'address', address: '10.1.0.2' }, t3);
    expect(other).toMatchObject({ until: undefined, was: { since: t2, cause: 'watch', generation: 1 } });
  });

  test('says since when and until when', async () => {
    const { times, app } = await story();
    const [t1 = 0, , t3 = 0] = times;
    const [held] = await holdingsAt(app, { kind: 'address', address: '10.1.0.1' }, t1 + 1000);
    expect(held?.was.since).toBe(t1);
    expect(Math.abs((held?.until ?? 0) - t3)).toBeLessThan(1000);
  });

  test('a batch that was delivered twice in other pieces answers the same', async () => {
    const { audit, times, names } = await story();
    const { archiveChanges } = await import('../../lib/app/audit/archive-changes.ts');
    for (const change of audit.stream.changes)
      await archiveChanges(audit.ports, [change], { historyDays: 90 });
    const [t1 = 0, , t3 = 0] = times;
    const subject = { kind: 'address', address: '10.1.0.1' } as const;
    expect(await names(subject, t1 - 1)).toEqual([]);
    expect(await names(subject, t3 - 1)).toEqual(['web 10.1.0.1 one/shop/first present']);
    expect(await names(subject, t3 + 1000)).toEqual(['db 10.1.0.1 one/shop/second present']);
  });

  test('the changes of a group over midnight come in order', async () => {
    const { audit, world, times } = await story();
    await world.clock.sleep(86_400_000);
    await world.upsert(pod('late', '10.1.0.9', web));
    await audit.deliver();
    const period = { from: times[0] ?? 0, to: world.clock.now() };
    const found = await changesOf(world.ports, { kind: 'group', group: 'web' }, period);
    const members = found.filter(({ kind }) => kind !== 'object');
    expect(members.map(({ kind, address }) => `${kind} ${address}`)).toEqual([
      'added 10.1.0.1',
      'added 10.1.0.2',
      'removed 10.1.0.1',
      'added 10.1.0.9',
    ]);
  });
});

describe('the command', () => {
  async function applied(): Promise<OperatorWorld> {
    const world = await OperatorWorld.start({ web: pushed('web') });
    onTestFinished(() => world.stop());
    world.storeToken();
    await world.run(['apply', '--yes', '--author', 'mia']);
    await world.tell(pod('a', '10.1.0.1', web));
    await world.archiveAll();
    await world.clock.sleep(minute);
    return world;
  }

  test('who had this address, and why', async () => {
    const world = await applied();
    const { code, stdout } = await world.run(['history', '10.1.0.1', '--at', '5s'], { columns: 160 });
    expect(code).toBe(0);
    expect(stdout).toContain('shop/shop/a');
    expect(stdout).toMatch(/generation 1/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(160);
  });

  test('what changed, with who applied', async () => {
    const world = await applied();
    const { result } = await world.json(['history', 'edge']);
    const changes = result['changes'] as { kind: string; address?: string }[];
    expect(changes.filter(({ address }) => address === '10.1.0.1').map(({ kind }) => kind)).toEqual([
      'added',
    ]);
    const hub = await world.run(['history', 'hub']);
    expect(hub.stdout).toMatch(/apply.+mia/);
    expect((await world.run(['history', 'web'])).stdout).toContain('put there');
  });

  test('who released and who rejected what was held, in words', async () => {
    const world = await applied();
    await world.write({ web: pushed('wbe') });
    await world.run(['apply', '--yes']);
    await world.run(['reject', 'edge', '--yes', '--reason', 'a typo']);
    await world.archiveAll();
    await world.clock.sleep(minute);
    world.principal = 'arn:aws:iam::000000000000:user/ben';
    await world.run(['approve', 'edge', '--rejected', '--yes']);
    await world.archiveAll();
    await world.clock.sleep(minute);
    for (const subject of ['10.1.0.1', 'web']) {
      const { stdout } = await world.run(['history', subject]);
      expect(stdout).toMatch(/left undone by a person.+user\/ada +remove of shop\/shop\/a held: \S+; a typo/);
      expect(stdout).toMatch(/released by a person.+user\/ben +remove of shop\/shop\/a held: \S+; until 20/);
      expect(stdout).not.toMatch(/\bnoted\b.+held/);
    }
    const { stdout } = await world.run(['history', 'edge']);
    expect(stdout).toMatch(/reject .+user\/ada +a typo; remove 10\.1\.0\.1 of web \(/);
    const hub = await world.run(['history', 'hub']);
    expect(hub.stdout).toContain('released web on edge (add ');
    expect(stdout + hub.stdout).not.toMatch(/[{}]/);
  });

  test.each([
    [['history', 'nothing'], /groups: web; firewalls: edge/],
    [['history', 'web', '--at', 'yesterday'], /is no time/],
    [['history', 'web', '--at', '1h', '--from', '2h'], /one or the other/],
    [['history', 'web', '--from', '1h', '--to', '2h'], /later than --to/],
    [['history', 'web', '--at', '400d'], /goes back 90 days/],
    [['history', 'web', '--as', 'address'], /no address/],
  ])('%s is refused with what to do', async (argv, text) => {
    const world = await applied();
    const { code, stderr } = await world.run(argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });
});
