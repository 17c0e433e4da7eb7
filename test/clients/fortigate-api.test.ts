import { describe, expect, test } from 'vitest';
import { isMissing, keysLeft, visit } from './against-simulator.ts';

const script = 'fortigate_api_client.py';

describe.skipIf(isMissing)('fortigate-api', () => {
  test.each([
    { version: '6.4.14', login: 'token' },
    { version: '7.4.4', login: 'token' },
    { version: '7.4.4', login: 'password' },
    { version: '7.6.4', login: 'token' },
  ] as const)('creates, reads, changes and deletes on $version by $login', async ({ version, login }) => {
    const { seen, simulator } = await visit({ script, version, login });

    expect(seen).toMatchObject({
      create: 200,
      duplicate: 500,
      filtered: ['client-b', 'client/a 1'],
      filteredTwice: ['client-b'],
      exists: true,
      missingExists: false,
      update: 200,
      updated: 'changed',
      updateMissing: 404,
      createGroup: 200,
      unknownMember: 500,
      updateGroup: 200,
      members: ['client/a 1', 'client-b'],
      deleteInUse: [500, -23],
      deleteGroup: 200,
      deleteByFilter: 200,
      deleteMissing: 404,
      left: [],
      policy: 1,
    });
    expect(seen['read']).toMatchObject([
      {
        name: 'client/a 1',
        q_origin_key: 'client/a 1',
        subnet: '10.1.0.1 255.255.255.255',
        comment: 'made by a client',
      },
    ]);
    expect(keysLeft(simulator, 'firewall/address')).toEqual(['all', 'none']);
    expect(keysLeft(simulator, 'firewall/policy')).toEqual(['1']);
  });

  test('refuses to talk without the authority of the simulator', async () => {
    await expect(visit({ script, version: '7.4.4', login: 'token', trusting: false })).rejects.toThrow(
      /certificate verify failed/i,
    );
  });
});
