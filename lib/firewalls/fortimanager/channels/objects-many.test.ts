import { expect, test } from 'vitest';
import {
  applyTo,
  asked,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortimanager-connection.ts';
import { startFortimanagerSimulator } from '../simulator/index.ts';

test('no request has more than 500 elements, whatever the number of changes and whoever holds the lock', async () => {
  const simulator = await startFortimanagerSimulator({ workspace: 'normal' });
  try {
    Object.assign(simulator.manager.settings.limits, { elements: 500, groupMembers: 5_000 });
    const object = objectNamed('web', 'objects');
    const connection = await connectTo(simulator, { groupMembersMax: 5_000 });
    const all = Array.from({ length: 1_100 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    const createWith = { comment: commentFor(object.name) };
    const first = await applyTo(connection, object, { createWith, add: all, expectedCount: all.length });
    expect(new Set(Object.values(first.states))).toEqual(new Set(['done']));
    // Two elements about the lock, two about the groups, and one for each address.
    expect(asked(simulator, 'get /dvmdb') + asked(simulator, 'get /pm')).toBe(3);
    const rest = await applyTo(connection, object, { remove: all, expectedCount: 0 });
    expect(new Set(Object.values(rest.states))).toEqual(new Set(['done']));
    expect(simulator.manager.adom('root').rows('firewall/address').size).toBe(0);
  } finally {
    await simulator.stop();
  }
});
