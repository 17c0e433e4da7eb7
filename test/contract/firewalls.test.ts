import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FirewallConnection, ObjectChanges, ObjectRef, ObjectReport } from '../../lib/core/firewall.ts';
import { ownComment, ownershipOf, renamedTo } from '../../lib/core/plan/ownership.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { expectDone, expectFailed } from '../support/firewalls/expectations.ts';
import type { ChannelPromise, Counted, Rig } from '../support/firewalls/rig.ts';
import { adoptionSuite } from './adoption-suite.ts';
import { ownTroublesSuite } from './own-troubles-suite.ts';
import { interferenceSuite } from './interference-suite.ts';
import { rigs } from '../support/firewalls/rigs.ts';

const hub = 'test';
const firewall = 'edge-1';
const clock = {
  now: () => Date.now(),
  sleep: async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

test('every vendor of the registry is under contract', () => {
  expect(Object.keys(firewallModules).sort()).toEqual(Object.keys(rigs).sort());
  expect(Object.keys(rigs).length).toBeGreaterThan(0);
});

for (const module of Object.values(firewallModules)) {
  for (const channel of Object.keys(module.facts.channels)) {
    describe(`${module.kind}, channel ${channel}`, () => contract(module.kind, channel));
  }
}

function contract(kind: string, channel: string): void {
  let rig: Rig;
  let connection: FirewallConnection;
  let object: ObjectRef;
  let promise: ChannelPromise;
  let groups = 0;

  beforeAll(async () => {
    rig = await rigs[kind]!();
    promise = rig.channels[channel]!;
  });
  afterAll(async () => await rig.stop());
  beforeEach(async () => {
    connection = await connect(rig.settings);
    object = named(`group-${++groups}`);
  });
  afterEach(async () => {
    rig.calm();
    await connection.close();
  });

  const scope = () => rig.module.scope(rig.module.settings.parse(rig.settings));
  const commentFor = (name: string) => ownComment({ hub, firewall, scope: scope(), object: name });
  async function connect(
    settings: Record<string, unknown>,
    more: { deadline?: number } = {},
  ): Promise<FirewallConnection> {
    const parsed = rig.module.settings.parse(settings);
    const deadline = more.deadline ?? Date.now() + 60_000;
    return await rig.module.connect({
      firewall,
      hub,
      settings: parsed,
      credential: rig.module.withoutCredential ? '' : rig.credential,
      clock,
      deadline,
      commentFor,
    });
  }
  function named(group: string): ObjectRef {
    return { group, name: rig.module.objectName({ hub, group, channel, firewall }), channel, create: 'own' };
  }
  async function apply(changes: Partial<ObjectChanges>): Promise<ObjectReport> {
    const [report] = await connection.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
    return report!;
  }
  async function create(addresses: readonly string[] = []): Promise<ObjectReport> {
    const createWith = { comment: commentFor(object.name) };
    return await apply({ createWith, add: addresses, expectedCount: addresses.length });
  }
  const enforced = () => rig.enforced(channel, object.name)?.sort();
  /** Where nothing is ever made, an object without members is nothing. */
  const byName = () => rig.module.facts.channels[channel]!.madeByName === true;
  const holdsNothing = () =>
    expect(byName() ? (enforced() ?? []) : enforced()).toEqual(byName() ? [] : undefined);
  const holdsNoMembers = () => expect(byName() ? (enforced() ?? []) : enforced()).toEqual([]);
  /** Our very name is nobody else's where the name is the mark: then a foreign object has another one. */
  function createForeign(): void {
    if (byName()) object = { ...object, name: `theirs-${object.group}` };
    rig.createForeign(channel, object.name);
  }
  const observed = async () => [...(await connection.observeMembers(object))].sort();

  test('makes an object of ours that carries our mark', async () => {
    expect(await connection.observeObject(object)).toMatchObject({ exists: byName() });
    const report = await create();
    expect(report.created).toEqual({ state: 'done' });
    const found = await connection.observeObject(object);
    const expected = {
      create: 'own',
      group: object.group,
      identity: { hub, firewall, scope: scope(), object: object.name },
    } as const;
    expect(ownershipOf(found, expected)).toBe('ours');
    expect(await connection.observeMembers(object)).toEqual([]);
  });

  test('an object of ours goes when nothing uses it, and once more is no error', async () => {
    const unused = { count: promise.tellsUse === false ? undefined : 0, users: [] };
    await create(['10.1.0.1', 'fd00::1']);
    await apply({ remove: ['10.1.0.1', 'fd00::1'] });
    expect(await connection.references(object)).toEqual(unused);
    await connection.deleteObject(object);
    holdsNothing();
    await connection.deleteObject(object);
    expect(await connection.references(object)).toEqual(unused);
  });

  test('what a rule uses names the rule and is not deleted', async ({ skip }) => {
    skip(promise.tellsUse === false, 'declared: no count of uses, as the test before this one checks');
    await create(['10.1.0.1']);
    const rule = rig.useInRule(channel, object.name);
    const use = await connection.references(object);
    expect(use.count).toBe(1);
    expect(use.users).toMatchObject([{ key: rule }]);
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-in-use' });
    expect(enforced()).toEqual(['10.1.0.1']);
  });

  test('an object of somebody else is not deleted', async () => {
    createForeign();
    await expect(connection.deleteObject(object)).rejects.toMatchObject({ code: 'firewall/object-foreign' });
    expect(await connection.observeObject(object)).toMatchObject({ exists: true });
  });

  test('adds, removes, empties and fills again; what is observed is what was applied', async () => {
    const first = await create(['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expectDone(first, ['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expect(enforced()).toEqual(['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expect(await observed()).toEqual(enforced());
    expectDone(await apply({ add: ['10.1.0.3'], remove: ['10.1.0.1', 'fd00::1'], expectedCount: 2 }), [
      '10.1.0.1',
      '10.1.0.3',
      'fd00::1',
    ]);
    expect(enforced()).toEqual(['10.1.0.2', '10.1.0.3']);
    expectDone(await apply({ remove: ['10.1.0.2', '10.1.0.3'], expectedCount: 0 }), ['10.1.0.2', '10.1.0.3']);
    holdsNoMembers();
    expect(await observed()).toEqual([]);
    expectDone(await apply({ add: ['fd00::2', '10.1.0.2'], expectedCount: 2 }), ['fd00::2', '10.1.0.2']);
    expect(await observed()).toEqual(['10.1.0.2', 'fd00::2']);
  });

  test('serves several objects in one call, and an address in two of them', async () => {
    await create(['10.2.0.1']);
    const other = named(`${object.group}-other`);
    const reports = await connection.apply([
      { object, add: ['10.2.0.2'], remove: [], expectedCount: 2 },
      {
        object: other,
        createWith: { comment: commentFor(other.name) },
        add: ['10.2.0.1'],
        remove: [],
        expectedCount: 1,
      },
    ]);
    for (const report of reports) expect(report.suspicion).toBeUndefined();
    expectDone(await apply({ remove: ['10.2.0.1'], expectedCount: 1 }), ['10.2.0.1']);
    expect(enforced()).toEqual(['10.2.0.2']);
    expect(rig.enforced(channel, other.name)).toEqual(['10.2.0.1']);
  });

  test('says done again when all of it was done before', async () => {
    await create(['10.3.0.1', '10.3.0.2']);
    const again = {
      createWith: { comment: commentFor(object.name) },
      add: ['10.3.0.1'],
      remove: ['10.3.0.9'],
      expectedCount: 2,
    };
    const report = await apply(again);
    expect(report.created).toEqual({ state: 'done' });
    expectDone(report, ['10.3.0.1', '10.3.0.9']);
    expect(enforced()).toEqual(['10.3.0.1', '10.3.0.2']);
  });

  test('leaves a foreign object of our name alone', async () => {
    createForeign();
    const before = enforced();
    const found = await connection.observeObject(object);
    expect(found).toEqual({ exists: true, comment: byName() ? '' : 'made by a person' });
    const report = await create(['10.4.0.1']);
    expectFailed(report, '10.4.0.1', 'firewall/object-foreign');
    expect(enforced()).toEqual(before);
  });

  ownTroublesSuite(channel, () => ({ rig, connection, object, comment: commentFor(object.name) }));
  adoptionSuite(channel, () => ({ rig, connection, object, comment: commentFor(object.name) }));
  interferenceSuite(channel, () => ({ rig, connection, object, comment: commentFor(object.name) }));

  test('an object that a person renamed is found by its mark, and nothing counts as removed from it', async ({
    skip,
  }) => {
    skip(!promise.renames, 'nothing follows a rename here');
    await create(['10.14.0.1', 'fd00::14']);
    const rule = rig.useInRule(channel, object.name);
    const to = `${object.name.slice(0, 20)}-by-hand`;
    const identity = { hub, firewall, scope: scope(), object: object.name };
    // A copy beside it would carry the mark, too; nobody lists as long as the object itself is there.
    expect(await connection.observeObject(object)).toMatchObject({ exists: true });
    expect(renamedTo((await connection.listObjects?.(object)) ?? [], identity)).toBeUndefined();
    rig.rename(channel, object.name, to);
    expect(await connection.observeObject(object)).toMatchObject({ exists: false });
    const before = rig.seen();
    expect(renamedTo((await connection.listObjects?.(object)) ?? [], identity)).toBe(to);
    expect(rig.seen()).toEqual({ reads: before.reads + 1, writes: before.writes });
    const report = await apply({ add: ['10.14.0.2'], remove: ['10.14.0.1', 'fd00::14'] });
    for (const address of ['10.14.0.2', '10.14.0.1', 'fd00::14'])
      expectFailed(report, address, 'firewall/object-missing');
    expect(rig.enforced(channel, to)?.sort()).toEqual(['10.14.0.1', 'fd00::14']);
    expect(enforced()).toBeUndefined();
    expect((await connection.references({ ...object, name: to })).users).toMatchObject([{ key: rule }]);
  });

  test('a list of objects that came back incomplete is no answer', async ({ skip }) => {
    skip(!promise.renames || !connection.listObjects, 'nobody lists where no rule follows a rename');
    rig.trouble('page');
    await expect(connection.listObjects?.(object)).rejects.toMatchObject({
      code: 'firewall/unexpected-answer',
    });
  });

  test('shows what a person put in, and takes it out when asked', async () => {
    await create(['10.5.0.1']);
    rig.putMember(channel, object.name, '10.5.9.9');
    const extra = (await observed()).filter((member) => member !== '10.5.0.1');
    expect(extra).toHaveLength(1);
    expectDone(await apply({ remove: extra, expectedCount: 1 }), extra);
    expect(enforced()).toEqual(['10.5.0.1']);
  });

  test('reports a lost reply as unknown, and reads back what came of it', async () => {
    await create(['10.6.0.1']);
    rig.trouble('reply lost');
    const report = await apply({ add: ['10.6.0.2'], expectedCount: 2 });
    expect(report.outcomes.get('10.6.0.2')).toMatchObject({
      state: 'unknown',
      error: { code: 'firewall/outcome-unknown' },
    });
    const truth = enforced()!.includes('10.6.0.2');
    const back = await connection.observeSome(object, ['10.6.0.1', '10.6.0.2', '10.6.0.3']);
    expect(Object.fromEntries(back)).toEqual({ '10.6.0.1': true, '10.6.0.2': truth, '10.6.0.3': false });
    expectDone(await apply({ add: ['10.6.0.2'], expectedCount: 2 }), ['10.6.0.2']);
    expect(enforced()).toEqual(['10.6.0.1', '10.6.0.2']);
    rig.trouble('reply lost');
    const removal = await apply({ remove: ['10.6.0.2'], expectedCount: 1 });
    expect(removal.outcomes.get('10.6.0.2')).toMatchObject({ state: 'unknown' });
    expect(Object.fromEntries(await connection.observeSome(object, ['10.6.0.2']))).toEqual({
      '10.6.0.2': false,
    });
    expectDone(await apply({ remove: ['10.6.0.2'], expectedCount: 1 }), ['10.6.0.2']);
  });

  test('reads again when a connection breaks before any answer', async () => {
    await create(['10.7.0.1']);
    rig.trouble('read cut');
    expect(await observed()).toEqual(['10.7.0.1']);
  });

  test.each([
    ['unauthorized', 'firewall/credentials-rejected'],
    ['forbidden', 'firewall/permission-denied'],
    ['throttled', 'firewall/throttled'],
    ['page', 'firewall/unexpected-answer'],
  ] as const)('says what is wrong when it is %s', async (trouble, code) => {
    await create(['10.8.0.1']);
    rig.trouble(trouble);
    await expect(connection.observeObject(object)).rejects.toMatchObject({ code });
    await expect(connection.observeMembers(object)).rejects.toMatchObject({ code });
    const report = await apply({ add: ['10.8.0.2'], remove: ['10.8.0.1'], expectedCount: 1 });
    expectFailed(report, '10.8.0.2', code);
    expectFailed(report, '10.8.0.1', code);
    expect(inspect(report, { depth: 20 })).not.toContain(rig.credential);
    expect(enforced()).toEqual(['10.8.0.1']);
  });

  test.each([
    ['a closed port', 'firewall/unreachable', async () => await rig.unreachable()],
    ['a foreign authority', 'firewall/certificate-untrusted', async () => await rig.untrusted()],
    ['a scope that does not exist', 'firewall/scope-missing', async () => rig.missingScope()],
  ] as const)('says what is wrong with %s', async (_, code, settings) => {
    const wrong = await connect(await settings());
    try {
      await expect(wrong.identity()).rejects.toMatchObject({ code });
      const [report] = await wrong.apply([
        {
          object,
          createWith: { comment: commentFor(object.name) },
          add: ['10.9.0.1'],
          remove: [],
          expectedCount: 1,
        },
      ]);
      expect(report!.created).toMatchObject({ state: 'failed', error: { code } });
      expectFailed(report!, '10.9.0.1', code);
      holdsNothing();
    } finally {
      await wrong.close();
    }
  });

  test('does not keep silent about a full device', async () => {
    await create(['10.10.0.1']);
    rig.trouble('full');
    const report = await apply({ add: ['10.10.0.2', '10.10.0.3'], remove: ['10.10.0.1'], expectedCount: 2 });
    const failed = ['10.10.0.2', '10.10.0.3'].every((address) => {
      const outcome = report.outcomes.get(address);
      return outcome?.state === 'failed' && outcome.error.code === 'firewall/table-full';
    });
    expect(failed || report.suspicion?.code === 'firewall/truncated').toBe(true);
    expect(report.outcomes.get('10.10.0.1')).toEqual({ state: 'done' });
  });

  test('calls nobody after the deadline', async () => {
    const late = await connect(rig.settings, { deadline: Date.now() - 1 });
    const before = rig.seen();
    await expect(late.observeObject(object)).rejects.toMatchObject({ code: 'sync/lease-lost' });
    const [report] = await late.apply([{ object, add: ['10.11.0.1'], remove: [], expectedCount: 1 }]);
    expectFailed(report!, '10.11.0.1', 'sync/lease-lost');
    expect(rig.seen()).toEqual(before);
    expect(late.usage().calls).toBe(0);
    await late.close();
  });

  test('tells who answers', async () => {
    expect(connection.lastIdentity()).toBeUndefined();
    const identity = await connection.identity();
    expect(identity.serial).not.toBe('');
    expect(identity.version).toMatch(/\d/);
    expect(connection.lastIdentity()).toMatchObject({ serial: identity.serial, version: identity.version });
  });

  test.each(['Shop', 'shop', 'a"b\'<c>', 'x'.repeat(200), '../..', 'a/b?c#d', 'группа', ' ', 'a.b_c'])(
    'finds a usable name for the group %j',
    async (group) => {
      object = named(group);
      expect(object.name.length).toBeLessThanOrEqual(rig.module.facts.channels[channel]!.nameLength);
      expect((await create(['10.12.0.1'])).created).toEqual({ state: 'done' });
      expect(enforced()).toEqual(['10.12.0.1']);
    },
  );

  test('refuses an address that is none, without harm to the others', async () => {
    await create();
    const report = await apply({ add: ['10.13.0.1', '10.13.0.999'], expectedCount: 1 });
    expectFailed(report, '10.13.0.999', 'address/invalid');
    expect(report.outcomes.get('10.13.0.1')).toEqual({ state: 'done' });
    expect(enforced()).toEqual(['10.13.0.1']);
  });

  test('needs the same calls for one change at any size', async () => {
    expect(promise.sizes.length).toBeGreaterThan(1);
    for (const size of promise.sizes) await changeOneOf(size);
    // 10,000 members take a busy machine longer than other tests may.
  }, 120_000);

  async function changeOneOf(size: number): Promise<void> {
    const second = 100 + ++groups;
    object = { ...named(`sized-${size}`), sizeHint: size };
    const addresses = Array.from({ length: size }, (_, index) => `10.${second}.${index >> 8}.${index & 255}`);
    rig.fill(channel, object.name, { hub, addresses, sizeHint: size, commentFor });
    const added = await countCalls({ add: ['10.99.0.1'], expectedCount: size + 1 });
    const removed = await countCalls({ remove: ['10.99.0.1'], expectedCount: size });
    expect({ added: added.counted, removed: removed.counted }).toEqual(promise.oneChange);
    // A channel that writes the whole object carries each member, there and back, at most 50 bytes long.
    const whole = rig.module.facts.channels[channel]!.writesWhole === true ? 200 * size : 0;
    expect(added.bytes + removed.bytes).toBeLessThan(promise.bytesMax + whole);
    expect(rig.enforced(channel, object.name)).toHaveLength(size);
    const later = await connect(rig.settings);
    expect([...(await later.observeMembers(object))].sort()).toEqual([...addresses].sort());
    await later.close();
  }

  /** A run of its own, as it comes for one pod: nothing is known from before but what the process remembers of the device. */
  async function countCalls(changes: Partial<ObjectChanges>): Promise<{ counted: Counted; bytes: number }> {
    const fresh = await connect(rig.settings);
    const before = rig.seen();
    const [report] = await fresh.apply([{ object, add: [], remove: [], expectedCount: 0, ...changes }]);
    const after = rig.seen();
    await fresh.close();
    expectDone(report!, [...(changes.add ?? []), ...(changes.remove ?? [])]);
    const counted = { reads: after.reads - before.reads, writes: after.writes - before.writes };
    const usage = fresh.usage();
    expect(usage).toMatchObject({ calls: counted.reads + counted.writes, writes: counted.writes });
    return { counted, bytes: usage.bytesSent + usage.bytesReceived };
  }
}
