import { describe, expect, test } from 'vitest';
import { isMissing, keysLeft, visit } from './against-simulator.ts';

const script = 'hfortix_client.py';

describe.skipIf(isMissing)('hfortix-fortios', () => {
  test.each(['7.2.1', '7.4.4', '7.6.4'])(
    'works on addresses, groups and a push feed of %s',
    async (version) => {
      const { seen, simulator } = await visit({ script, version, login: 'token' });

      expect(seen).toEqual({
        create: [200, true, 'h1'],
        duplicate: ['DuplicateEntryError', 500, -5],
        read: '10.2.0.1 255.255.255.255',
        exists: [true, false],
        missing: ['ResourceNotFoundError', 404, null],
        unchanged: false,
        members: ['h1', 'h2'],
        deleteInUse: ['EntryInUseError', 500, -23],
        filtered: ['h1', 'h2'],
        pushed: 200,
        entries: [{ entry: '10.2.0.2', valid: true }],
        count: 1,
        delete: 200,
        deleteMissing: ['ResourceNotFoundError', 404, null],
      });
      expect(keysLeft(simulator, 'firewall/address')).toEqual(['all', 'none', 'h2']);
      expect([...simulator.device.vdom('root').feeds.read('feed').entries.keys()]).toEqual(['10.2.0.2']);
    },
  );

  test('refuses to talk without the authority of the simulator', async () => {
    await expect(visit({ script, version: '7.4.4', login: 'token', trusting: false })).rejects.toThrow(
      /certificate/i,
    );
  });
});
