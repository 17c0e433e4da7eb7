import { expect, test } from 'vitest';
import {
  applyTo,
  commentFor,
  connectTo,
  objectNamed,
} from '../../../../test/support/firewalls/fortigate-connection.ts';
import { enforcedAddresses } from '../simulator/enforced.ts';
import { startFortigateSimulator } from '../simulator/index.ts';

test.each(['push', 'objects'])(
  'answers without results say nothing over channel %s, and take nothing off',
  async (channel) => {
    const simulator = await startFortigateSimulator();
    const connection = await connectTo(simulator);
    try {
      const object = objectNamed('shop', channel);
      const createWith = { comment: commentFor(object.name) };
      const all = ['10.0.0.1', 'fd00::1'];
      await applyTo(connection, object, { createWith, add: all, expectedCount: 2 });
      simulator.faults.add({ kind: 'reduced', method: 'GET' });
      const unexpected = { code: 'firewall/unexpected-answer' };
      await expect(connection.observeObject(object)).rejects.toMatchObject(unexpected);
      await expect(connection.listObjects?.(object)).rejects.toMatchObject(unexpected);
      await expect(connection.observeMembers(object)).rejects.toMatchObject(unexpected);
      await expect(connection.observeSome(object, ['10.0.0.1'])).rejects.toMatchObject(unexpected);
      await expect(connection.references(object)).rejects.toMatchObject(unexpected);
      await expect(connection.deleteObject(object)).rejects.toMatchObject(unexpected);
      expect(enforcedAddresses(simulator.device, channel, object.name)?.sort()).toEqual(all);
    } finally {
      await connection.close();
      await simulator.stop();
    }
  },
);
