import { expect, test } from 'vitest';
import type { FirewallConnection } from '../../lib/core/firewall.ts';
import { paperModule } from '../support/paper-firewall.ts';
import { group, pod, World } from '../support/world.ts';

/** A connection whose first `apply` does nothing and mentions nothing. */
function silentOnce(connection: FirewallConnection, silent: { left: number }): FirewallConnection {
  return {
    ...connection,
    identity: () => connection.identity(),
    observeObject: (object) => connection.observeObject(object),
    observeMembers: (object) => connection.observeMembers(object),
    observeSome: (object, addresses) => connection.observeSome(object, addresses),
    close: () => connection.close(),
    apply: async (changes) => {
      if (silent.left === 0) return connection.apply(changes);
      silent.left -= 1;
      return changes.map(({ object }) => ({ object, outcomes: new Map() }));
    },
  };
}

test('a change that the firewall does not mention is read back, and made when it is not there', async () => {
  const world = await World.start([group('web')]);
  const silent = { left: 1 };
  const connect: typeof paperModule.connect = async (request) =>
    silentOnce(await paperModule.connect(request), silent);
  Object.assign(world.ports, { firewalls: { paper: { ...paperModule, connect } } });
  await world.upsert(pod('a', '10.1.0.1', { app: 'web' }));
  expect(silent.left).toBe(0);
  expect(world.on('web')).toEqual(['10.1.0.1']);
});
