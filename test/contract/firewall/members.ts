import { describe, expect, test } from 'vitest';
import { expectDone, expectFailed } from '../../support/firewalls/expectations.ts';
import type { Place } from './place.ts';

/** Addresses that come and go. */
export function membersSuite(place: Place): void {
  describe('members', () => {
    ofOneObject(place);
    ofSeveral(place);
  });
}

function ofOneObject(place: Place): void {
  test('are added, removed, emptied and filled again; what is observed is what was applied', async () => {
    const first = await place.create(['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expectDone(first, ['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expect(place.enforced()).toEqual(['10.1.0.1', '10.1.0.2', 'fd00::1']);
    expect(await place.observed()).toEqual(place.enforced());
    const both = { add: ['10.1.0.3'], remove: ['10.1.0.1', 'fd00::1'], expectedCount: 2 };
    expectDone(await place.apply(both), ['10.1.0.1', '10.1.0.3', 'fd00::1']);
    expect(place.enforced()).toEqual(['10.1.0.2', '10.1.0.3']);
    expectDone(await place.apply({ remove: ['10.1.0.2', '10.1.0.3'] }), ['10.1.0.2', '10.1.0.3']);
    expect(place.enforced()).toEqual([]);
    expect(await place.observed()).toEqual([]);
    expectDone(await place.apply({ add: ['fd00::2', '10.1.0.2'], expectedCount: 2 }), [
      'fd00::2',
      '10.1.0.2',
    ]);
    expect(await place.observed()).toEqual(['10.1.0.2', 'fd00::2']);
  });

  test('are done again when all of it was done before', async () => {
    await place.create(['10.3.0.1', '10.3.0.2']);
    const report = await place.apply({
      createWith: { comment: place.commentFor(place.object.name) },
      add: ['10.3.0.1'],
      remove: ['10.3.0.9'],
      expectedCount: 2,
    });
    expect(report.created).toEqual({ state: 'done' });
    expectDone(report, ['10.3.0.1', '10.3.0.9']);
    expect(place.enforced()).toEqual(['10.3.0.1', '10.3.0.2']);
  });

  test('that a person put in are shown, and taken out when asked', async () => {
    await place.create(['10.5.0.1']);
    place.rig.putMember(place.channel, place.object.name, '10.5.9.9');
    const extra = (await place.observed()).filter((member) => member !== '10.5.0.1');
    expect(extra).toHaveLength(1);
    expectDone(await place.apply({ remove: extra, expectedCount: 1 }), extra);
    expect(place.enforced()).toEqual(['10.5.0.1']);
  });

  test('that are no address are refused, without harm to the others', async () => {
    await place.create();
    const report = await place.apply({ add: ['10.13.0.1', '10.13.0.999'], expectedCount: 1 });
    expectFailed(report, '10.13.0.999', 'address/invalid');
    expect(report.outcomes.get('10.13.0.1')).toEqual({ state: 'done' });
    expect(place.enforced()).toEqual(['10.13.0.1']);
  });
}

function ofSeveral(place: Place): void {
  test('of several objects go in one call, and an address may be in two of them', async () => {
    await place.create(['10.2.0.1']);
    const { object, connection, rig, channel } = place;
    const other = place.named(`${object.group}-other`);
    const createWith = { comment: place.commentFor(other.name) };
    const reports = await connection.apply([
      { object, add: ['10.2.0.2'], remove: [], expectedCount: 2 },
      { object: other, createWith, add: ['10.2.0.1'], remove: [], expectedCount: 1 },
    ]);
    expect(reports.map((report) => report.object.name)).toEqual([object.name, other.name]);
    for (const report of reports) expect(report.suspicion).toBeUndefined();
    expectDone(await place.apply({ remove: ['10.2.0.1'], expectedCount: 1 }), ['10.2.0.1']);
    expect(place.enforced()).toEqual(['10.2.0.2']);
    expect(rig.enforced(channel, other.name)).toEqual(['10.2.0.1']);
  });

  test('of several channels, turn by turn, are reported in the order they were asked', async () => {
    const { object, connection, rig } = place;
    const channels = Object.keys(rig.channels);
    const asked = [1, 2].flatMap((turn) =>
      channels.map((channel) => place.named(`${object.group}-${channel}-${turn}`, channel)),
    );
    const reports = await connection.apply(
      asked.map((one, index) => ({
        object: one,
        createWith: { comment: place.commentFor(one.name) },
        add: [`10.18.0.${index}`],
        remove: [],
        expectedCount: 1,
      })),
    );
    expect(reports.map((report) => report.object)).toEqual(asked);
    for (const [index, report] of reports.entries()) expectDone(report, [`10.18.0.${index}`]);
  });

  test('cannot be changed over a channel that there is none of', async () => {
    const { connection, object } = place;
    for (const channel of ['no-such-channel', 'constructor']) {
      const changes = [{ object: { ...object, channel }, add: ['10.19.0.1'], remove: [], expectedCount: 1 }];
      await expect(connection.apply(changes)).rejects.toMatchObject({ code: 'firewall/unsupported' });
    }
  });
}
