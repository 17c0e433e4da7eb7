import { describe, expect, test } from 'vitest';
import { isMissing, keysLeft, visit } from './against-simulator.ts';

const script = 'fortiosapi_client.py';

describe.skipIf(isMissing)('fortiosapi', () => {
  test.each(['token', 'password'] as const)('asks for schemas and writes, logged in by %s', async (login) => {
    const { seen, simulator } = await visit({ script, version: '7.4.4', login });

    expect(seen).toEqual({
      version: 'v7.4.4',
      mkeyname: 'policyid',
      create: ['success', 200],
      duplicate: ['error', 500],
      set: ['success', 200],
      put: ['success', 200],
      read: 'put',
      createGroup: ['success', 200],
      deleteInUse: ['error', 500],
      deleteGroup: ['success', 200],
      delete: ['success', 200],
      deleteMissing: ['error', 404],
    });
    expect(keysLeft(simulator, 'firewall/addrgrp')).toEqual([]);
  });
});
