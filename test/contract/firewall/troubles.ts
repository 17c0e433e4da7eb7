import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { expectDone, expectFailed } from '../../support/firewalls/expectations.ts';
import type { Place } from './place.ts';

/** What goes wrong between us and any firewall. */
export function troublesSuite(place: Place): void {
  describe('trouble', () => {
    onTheWire(place);
    inTheAnswer(place);
    inTheSettings(place);
  });
}

function onTheWire(place: Place): void {
  test('a lost reply is reported as unknown, and what came of it is read back', async () => {
    await place.create(['10.6.0.1']);
    const { rig, connection, object } = place;
    rig.trouble('reply lost');
    const report = await place.apply({ add: ['10.6.0.2'], expectedCount: 2 });
    expect(report.outcomes.get('10.6.0.2')).toMatchObject({
      state: 'unknown',
      error: { code: 'firewall/outcome-unknown' },
    });
    const truth = place.enforced()?.includes('10.6.0.2');
    const back = await connection.observeSome(object, ['10.6.0.1', '10.6.0.2', '10.6.0.3']);
    expect(Object.fromEntries(back)).toEqual({ '10.6.0.1': true, '10.6.0.2': truth, '10.6.0.3': false });
    expectDone(await place.apply({ add: ['10.6.0.2'], expectedCount: 2 }), ['10.6.0.2']);
    expect(place.enforced()).toEqual(['10.6.0.1', '10.6.0.2']);
    rig.trouble('reply lost');
    const removal = await place.apply({ remove: ['10.6.0.2'], expectedCount: 1 });
    expect(removal.outcomes.get('10.6.0.2')).toMatchObject({ state: 'unknown' });
    expect(Object.fromEntries(await connection.observeSome(object, ['10.6.0.2']))).toEqual({
      '10.6.0.2': false,
    });
    expectDone(await place.apply({ remove: ['10.6.0.2'], expectedCount: 1 }), ['10.6.0.2']);
  });

  test('what is read is read again when a connection breaks before any answer', async () => {
    await place.create(['10.7.0.1']);
    place.rig.trouble('read cut');
    expect(await place.observed()).toEqual(['10.7.0.1']);
  });

  test('nobody is called after the deadline', async () => {
    const { rig, object } = place;
    const late = await place.connect(rig.settings, { deadline: Date.now() - 1 });
    const before = rig.seen();
    await expect(late.observeObject(object)).rejects.toMatchObject({ code: 'sync/lease-lost' });
    const report = await place.apply({ add: ['10.11.0.1'], expectedCount: 1 }, late);
    expectFailed(report, '10.11.0.1', 'sync/lease-lost');
    expect(rig.seen()).toEqual(before);
    expect(late.usage().calls).toBe(0);
    await late.close();
  });
}

function inTheAnswer(place: Place): void {
  test.each([
    ['unauthorized', 'firewall/credentials-rejected'],
    ['forbidden', 'firewall/permission-denied'],
    ['throttled', 'firewall/throttled'],
    ['page', 'firewall/unexpected-answer'],
  ] as const)('says what is wrong when it is %s', async (trouble, code) => {
    await place.create(['10.8.0.1']);
    const { rig, connection, object } = place;
    rig.trouble(trouble);
    await expect(connection.observeObject(object)).rejects.toMatchObject({ code });
    await expect(connection.observeMembers(object)).rejects.toMatchObject({ code });
    const report = await place.apply({ add: ['10.8.0.2'], remove: ['10.8.0.1'], expectedCount: 1 });
    expectFailed(report, '10.8.0.2', code);
    expectFailed(report, '10.8.0.1', code);
    expect(inspect(report, { depth: 20 })).not.toContain(rig.credential);
    expect(place.enforced()).toEqual(['10.8.0.1']);
  });

  test('a full device is not kept silent about', async () => {
    await place.create(['10.10.0.1']);
    place.rig.trouble('full');
    const changes = { add: ['10.10.0.2', '10.10.0.3'], remove: ['10.10.0.1'], expectedCount: 2 };
    const report = await place.apply(changes);
    const failed = changes.add.every((address) => {
      const outcome = report.outcomes.get(address);
      return outcome?.state === 'failed' && outcome.error.code === 'firewall/table-full';
    });
    expect(failed || report.suspicion?.code === 'firewall/truncated').toBe(true);
    expect(report.outcomes.get('10.10.0.1')).toEqual({ state: 'done' });
  });

  test('it tells who answers', async () => {
    const { connection } = place;
    expect(connection.lastIdentity()).toBeUndefined();
    const identity = await connection.identity();
    expect(identity.serial).not.toBe('');
    expect(identity.version).toMatch(/\d/);
    const { serial, version } = identity;
    expect(connection.lastIdentity()).toMatchObject({ serial, version });
  });
}

function inTheSettings(place: Place): void {
  test.each([
    ['a closed port', 'firewall/unreachable', async () => await place.rig.unreachable()],
    ['a foreign authority', 'firewall/certificate-untrusted', async () => await place.rig.untrusted()],
    ['a scope that does not exist', 'firewall/scope-missing', async () => place.rig.missingScope()],
  ] as const)('says what is wrong with %s', async (_, code, settings) => {
    const wrong = await place.connect(await settings());
    try {
      await expect(wrong.identity()).rejects.toMatchObject({ code });
      const createWith = { comment: place.commentFor(place.object.name) };
      const report = await place.apply({ createWith, add: ['10.9.0.1'], expectedCount: 1 }, wrong);
      expect(report.created).toMatchObject({ state: 'failed', error: { code } });
      expectFailed(report, '10.9.0.1', code);
      expect(place.enforced()).toEqual(place.nothing);
    } finally {
      await wrong.close();
    }
  });
}
