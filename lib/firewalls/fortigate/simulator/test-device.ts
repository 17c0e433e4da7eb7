import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { startFortigateSimulator } from './index.ts';
import type { FortigateSimulator } from './index.ts';
import { testClient } from './test-client.ts';
import type { Answer, CallOptions, TestClient } from './test-client.ts';

export const addresses = '/api/v2/cmdb/firewall/address';
export const groups = '/api/v2/cmdb/firewall/addrgrp';

type Rows = Record<string, unknown>[];

/** One device for all tests of a file, with short forms of what they do all the time. */
export interface TestDevice {
  simulator: () => FortigateSimulator;
  call: (method: Dispatcher.HttpMethod, path: string, options?: CallOptions) => Promise<Answer>;
  /** Changes settings through the administration path. */
  change: (body: unknown) => Promise<void>;
  /** Creates a row and expects success. */
  create: (path: string, body: unknown) => Promise<void>;
  results: (path: string) => Promise<Rows>;
  /** Names of the members of a group. */
  members: (group: string) => Promise<unknown[]>;
  names: (rows: Rows) => unknown[];
}

/** Registers the hooks: before each test the tables hold the addresses a, b and c, and the settings are the default ones. */
export function useDevice(): TestDevice {
  let running: { simulator: FortigateSimulator; client: TestClient } | undefined;
  const current = () => {
    if (running === undefined) {
      throw new Error('The device is started before the first test.');
    }
    return running;
  };
  const call: TestDevice['call'] = async (...request) => current().client.call(...request);
  const change = async (body: unknown) => {
    expect((await call('POST', '/_simulator/device', { body })).status).toBe(200);
  };
  const create = async (path: string, body: unknown) => {
    expect((await call('POST', path, { body })).json).toMatchObject({ status: 'success' });
  };
  const results = async (path: string) => (await call('GET', path)).json['results'] as Rows;
  const names = (rows: Rows) => rows.map(({ name }) => name);

  beforeAll(async () => {
    const simulator = await startFortigateSimulator({ vdoms: ['root', 'lab'] });
    running = { simulator, client: testClient(simulator) };
  });
  afterAll(async () => {
    await current().client.close();
    await current().simulator.stop();
  });
  beforeEach(async () => {
    const behaviour = { duplicateStatus: 500, unknownReference: -3, memberPut: 'allowed' };
    const limits = { addresses: 1e9, groups: 1e9, groupMembers: 600 };
    await change({ version: '7.4.4', behaviour, limits });
    // Groups twice: those inside others are free only in the second round.
    for (const table of ['policy', 'addrgrp', 'addrgrp', 'address', 'vip']) {
      await call('DELETE', `/api/v2/cmdb/firewall/${table}`);
    }
    for (const name of ['a', 'b', 'c']) {
      await create(addresses, { name, subnet: `10.0.0.${name.codePointAt(0)}/32` });
    }
  });
  return {
    simulator: () => current().simulator,
    call,
    change,
    create,
    results,
    names,
    members: async (group) => names(await results(`${groups}/${group}/member`)),
  };
}
