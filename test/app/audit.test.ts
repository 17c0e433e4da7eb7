import { describe, expect, test } from 'vitest';
import { approveHeld, listHeld } from '../../lib/app/commands/approve.ts';
import { pauseWrites, resumeWrites } from '../../lib/app/commands/pause.ts';
import { liftQuarantine, quarantine } from '../../lib/app/commands/quarantine.ts';
import { restoreMember } from '../../lib/app/commands/restore.ts';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import { AuditWorld } from '../support/audit-world.ts';
import { group, pod } from '../support/world.ts';

const web = { app: 'web' };

describe('every change on a firewall is a record', () => {
  test('intent before, outcome after, with who, why and under which configuration', async () => {
    const audit = await AuditWorld.start([group('web')]);
    await audit.world.upsert(pod('a', '10.1.0.1', web));
    await audit.world.upsert(pod('a', [], web));
    await audit.deliver();
    expect(audit.kinds('10.1.0.1')).toEqual(['intent', 'added', 'intent', 'removed']);
    const [intent, added, leaving, removed] = audit.records('10.1.0.1');
    const about = { name: 'one/shop/a', generation: 1, object: 'obj-web', cause: 'watch' };
    expect(intent).toMatchObject({
      firewall: 'edge',
      group: 'web',
      after: { ...about, state: 'pending', op: 'add' },
    });
    expect(intent).not.toHaveProperty('before');
    expect(added).toMatchObject({ before: { op: 'add' }, after: { ...about, state: 'present' } });
    expect(added?.after?.endpoint).toMatch(/one\/pod\|a$/);
    expect(leaving).toMatchObject({
      before: { ...about, state: 'present' },
      after: { ...about, state: 'pending', op: 'remove', endpoint: added?.after?.endpoint },
    });
    expect(removed).toMatchObject({ before: { ...about, op: 'remove' } });
    expect(removed).not.toHaveProperty('after');
    expect(leaving?.after?.fence).toBeGreaterThan(added?.after?.fence ?? 0);
  });

  test('an address that moves names both pods', async () => {
    const audit = await AuditWorld.start([group('web'), group('db')]);
    await audit.world.upsert(pod('old', '10.1.0.1', web));
    await audit.world.upsert(pod('new', '10.1.0.1', { app: 'db' }));
    await audit.deliver();
    const gone = audit.records('10.1.0.1').find(({ kind, group: of }) => kind === 'removed' && of === 'web');
    expect(gone?.before).toMatchObject({ name: 'one/shop/old', cause: 'watch, address moved' });
    const came = audit.records('10.1.0.1').find(({ kind, group: of }) => kind === 'added' && of === 'db');
    expect(came?.after).toMatchObject({ name: 'one/shop/new' });
  });

  test('a lost reply is a record, and so is what was read back after it', async () => {
    const audit = await AuditWorld.start([group('web')]);
    audit.world.device.loseReply.add('10.1.0.1');
    await audit.world.upsert(pod('a', '10.1.0.1', web));
    await audit.deliver();
    expect(audit.kinds('10.1.0.1')).toEqual(['intent', 'unanswered', 'read-back']);
    const [, unanswered, back] = audit.records('10.1.0.1');
    expect(unanswered?.after?.answer).toBe('firewall/outcome-unknown');
    expect(back?.after).toMatchObject({ state: 'present', name: 'one/shop/a', generation: 1 });
  });

  test('a crash between call and ledger leaves the intent, and the next run what it found', async () => {
    const audit = await AuditWorld.start([group('web')]);
    await audit.world.send(audit.world.upsertChange(pod('a', '10.1.0.1', web)));
    let crashed = false;
    audit.world.tables.beforeCall = (name, call) => {
      const present =
        name === 'write' && 'writes' in call && JSON.stringify(call.writes).includes('"present"');
      if (!present || crashed) return;
      crashed = true;
      throw new ZonebridgeError('store/unavailable', 'crash');
    };
    await audit.world.settle();
    await audit.deliver();
    expect(crashed).toBe(true);
    expect(audit.kinds('10.1.0.1')).toEqual(['intent', 'read-back']);
  });

  test('what the firewall refuses is a record with its words', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const refusal = new ZonebridgeError('firewall/rejected', 'no such thing');
    audit.world.device.refuse.set('10.1.0.1', refusal);
    await audit.world.upsert(pod('a', '10.1.0.1', web));
    await audit.deliver();
    expect(audit.kinds('10.1.0.1')).toEqual(['intent', 'refused']);
    expect(audit.records('10.1.0.1')[1]?.after?.answer).toBe('firewall/rejected: no such thing');
  });

  test('what was held says so, and its change names the release and the person', async () => {
    const audit = await AuditWorld.start([group('web', { maxMembers: 1 })]);
    const { world } = audit;
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.remove('a', 'relist');
    await audit.deliver();
    expect(audit.kinds('10.1.0.1').at(-1)).toBe('held');
    const active = await world.configurations.active();
    const held = await listHeld(world.ports, active, 'edge');
    await approveHeld(world.ports, active, {
      firewall: 'edge',
      by: { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' },
      held,
    });
    await world.settle();
    await audit.deliver();
    expect(audit.kinds('10.1.0.1').slice(-2)).toEqual(['intent', 'removed']);
    expect(audit.records('10.1.0.1').at(-1)?.before?.approval).toMatchObject({ by: 'mia' });
  });

  test('what a person took off, and let come back', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.reconcile();
    world.device.objects.get('obj-web')?.members.delete('10.1.0.1');
    await world.reconcile();
    const active = await world.configurations.active();
    await world.clock.sleep(60_000);
    const asked = world.clock.now();
    await restoreMember(world.ports, active, {
      firewall: 'edge',
      group: 'web',
      address: '10.1.0.1',
      by: 'mia',
    });
    await world.settle();
    await audit.deliver();
    expect(audit.kinds('10.1.0.1')).toEqual([
      'intent',
      'added',
      'taken-by-hand',
      'action',
      'restored',
      'intent',
      'added',
    ]);
    const restored = audit.records('10.1.0.1').find(({ kind }) => kind === 'restored');
    expect(Math.abs((restored?.at ?? 0) - asked)).toBeLessThan(1000);
  });
});

describe('the archive is one chain without gaps', () => {
  async function three(): Promise<AuditWorld> {
    const audit = await AuditWorld.start([group('web')]);
    for (const index of [1, 2, 3]) {
      await audit.world.upsert(pod(`p${index}`, `10.1.0.${index}`, web));
      await audit.deliver();
    }
    return audit;
  }

  function expectChain(audit: AuditWorld): void {
    const segments = audit.segments();
    expect(segments.map(({ header }) => header.sequence)).toEqual(segments.map((_, index) => index + 1));
    for (const [index, { header }] of segments.entries())
      expect(header.previous).toBe(segments[index - 1]?.hash ?? '');
    const ids = audit.records().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const told = audit.stream.changes.map(({ id }) => id);
    expect(told).toEqual(expect.arrayContaining(ids));
    for (const index of [1, 2, 3]) expect(audit.kinds(`10.1.0.${index}`)).toEqual(['intent', 'added']);
  }

  test('each object names the one before, and the days do not matter', async () => {
    const audit = await three();
    expectChain(audit);
    await audit.world.clock.sleep(86_400_000);
    await audit.world.upsert(pod('p4', '10.1.0.4', web));
    await audit.deliver();
    expectChain(audit);
    expect(new Set(audit.segments().map(({ header }) => header.day)).size).toBe(2);
  });

  test('a batch that is delivered again adds nothing', async () => {
    const audit = await three();
    const before = [...audit.archive.objects.keys()];
    const last = audit.stream.changes.slice(-3);
    const { archiveChanges } = await import('../../lib/app/audit/archive-changes.ts');
    await archiveChanges(audit.ports, last, { historyDays: 90 });
    expect([...audit.archive.objects.keys()]).toEqual(before);
    expectChain(audit);
  });

  test.each([
    ['before the object', 'beforeCreate', 0],
    ['between object and head', 'afterCreate', 0],
    ['between object and head, found again a day later', 'afterCreate', 86_400_000],
  ] as const)('a crash %s loses nothing and doubles nothing', async (_, hook, laterMs) => {
    const audit = await AuditWorld.start([group('web')]);
    await audit.world.upsert(pod('p1', '10.1.0.1', web));
    await audit.deliver();
    await audit.world.upsert(pod('p2', '10.1.0.2', web));
    audit.archive[hook] = () => {
      audit.archive[hook] = undefined;
      throw new ZonebridgeError('store/unavailable', 'crash');
    };
    const batch = audit.stream.take();
    const { archiveChanges } = await import('../../lib/app/audit/archive-changes.ts');
    await expect(archiveChanges(audit.ports, batch, { historyDays: 90 })).rejects.toThrow('crash');
    await audit.world.clock.sleep(laterMs);
    await archiveChanges(audit.ports, batch, { historyDays: 90 });
    await audit.world.upsert(pod('p3', '10.1.0.3', web));
    await audit.deliver();
    expectChain(audit);
  });

  test('two that append at once make one chain', async () => {
    const audit = await AuditWorld.start([group('web')]);
    for (const index of [1, 2, 3]) await audit.world.upsert(pod(`p${index}`, `10.1.0.${index}`, web));
    const { archiveChanges } = await import('../../lib/app/audit/archive-changes.ts');
    const all = audit.stream.take();
    const parts = [0, 1, 2].map((part) => all.filter((_, index) => index % 3 === part));
    await Promise.all(parts.map((part) => archiveChanges(audit.ports, part, { historyDays: 90 })));
    const segments = audit.segments();
    expect(segments.map(({ header }) => header.sequence)).toEqual([1, 2, 3]);
    for (const [index, { header }] of segments.entries())
      expect(header.previous).toBe(segments[index - 1]?.hash ?? '');
    expect(new Set(audit.records().map(({ id }) => id)).size).toBe(audit.records().length);
  });

  test('the head is found again when its row is lost', async () => {
    const audit = await three();
    await audit.world.tables.write({ key: { table: 'history', pk: 'chain|edge', sk: 'head' }, delete: true });
    await audit.world.upsert(pod('p4', '10.1.0.4', web));
    await audit.deliver();
    expectChain(audit);
    expect(audit.segments()).toHaveLength(4);
  });
});

describe('what people do is in the same archive', () => {
  const actions = (audit: AuditWorld) =>
    [...audit.segments('edge'), ...audit.segments('_hub')].flatMap(({ records }) =>
      records.flatMap(({ action }) => action ?? []),
    );

  test('an action is written down before it is done, and lies in the chain of its firewall', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.remove('a', 'relist');
    const active = await world.configurations.active();
    const held = await listHeld(world.ports, active, 'edge');
    await approveHeld(world.ports, active, {
      firewall: 'edge',
      by: { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' },
      held,
    });
    await world.settle();
    await audit.deliver();
    const records = audit.records();
    const approved = records.findIndex(({ action }) => action?.what === 'approve');
    expect(records[approved]).toMatchObject({ kind: 'action', firewall: 'edge', action: { by: 'mia' } });
    expect(records[approved]?.action?.details?.['changes']).toEqual([
      { op: 'remove', address: '10.1.0.1', group: 'web', reason: held[0]?.reason },
    ]);
    expect(records.findIndex(({ kind }) => kind === 'removed')).toBeGreaterThan(approved);
  });

  test('what cannot have an effect is refused before it is recorded', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    const app = { ports: world.ports, configurations: world.configurations };
    const by = { name: 'mia', principal: undefined };
    await expect(liftQuarantine(app, { target: '10.1.0.1', by })).rejects.toThrow('in no quarantine');
    await expect(quarantine(app, { target: '127.0.0.1', by })).rejects.toThrow('loopback');
    expect(await resumeWrites(world.ports, world.configurations, { firewall: 'edge', by })).toBeUndefined();
    await audit.deliver();
    expect(actions(audit)).toEqual([]);
  });

  test('what lost its effect in that moment says so', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    const app = { ports: world.ports, configurations: world.configurations };
    const [mia, ben] = ['mia', 'ben'].map((name) => ({ name, principal: undefined }));
    await pauseWrites(world.ports, world.configurations, { firewall: 'edge', by: mia! });
    await quarantine(app, { target: '10.1.0.1', by: mia! });
    // Ben is done between Mia's look and what she does.
    const meanwhile = (act: () => Promise<unknown>): void => {
      world.tables.beforeCall = async (_, call) => {
        if (!JSON.stringify(call).includes('#action')) return;
        world.tables.beforeCall = undefined;
        await act();
      };
    };
    meanwhile(() => resumeWrites(world.ports, world.configurations, { firewall: 'edge', by: ben! }));
    await resumeWrites(world.ports, world.configurations, { firewall: 'edge', by: mia! });
    meanwhile(() => liftQuarantine(app, { target: '10.1.0.1', by: ben! }));
    const late = liftQuarantine(app, { target: '10.1.0.1', by: mia! });
    await expect(late).rejects.toMatchObject({ code: 'quarantine/not-found' });
    await audit.deliver();
    const outcomes = actions(audit).flatMap(({ by, what, details }) => {
      const outcome = details?.['outcome'];
      return typeof outcome === 'string' ? [`${by} ${what}: ${outcome}`] : [];
    });
    expect(outcomes.sort()).toEqual([
      'mia quarantine --lift: no effect, it was lifted meanwhile',
      'mia resume: no effect, it was resumed meanwhile',
    ]);
  });

  test('what cannot be written down is not done', async () => {
    const audit = await AuditWorld.start([group('web')]);
    const { world } = audit;
    await world.upsert(pod('a', '10.1.0.1', web));
    await world.remove('a', 'relist');
    const active = await world.configurations.active();
    const held = await listHeld(world.ports, active, 'edge');
    world.tables.beforeCall = (_, call) => {
      if (JSON.stringify(call).includes('#action'))
        throw new ZonebridgeError('store/unavailable', 'no audit');
    };
    await expect(
      approveHeld(world.ports, active, {
        firewall: 'edge',
        by: { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' },
        held,
      }),
    ).rejects.toThrow('no audit');
    await world.settle();
    expect(world.on('web')).toEqual(['10.1.0.1']);
  });
});
