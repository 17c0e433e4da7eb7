import { expect, test } from 'vitest';
import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { ObjectChanges, ObjectReport } from '../../lib/core/firewall.ts';
import { listLedger } from '../../lib/app/state/ledger.ts';
import { names } from '../../lib/app/names.ts';
import { paperModule } from '../support/paper-firewall.ts';
import type { MemorySecrets } from '../support/ports.ts';
import { group, pod, World } from '../support/world.ts';

const web = { app: 'web' };
const db = { app: 'db' };

/** A module that goes about the objects in its own order, and tells of them in that order; it refuses what is in `full`. */
async function worldThatTurns(full = new Set<string>()): Promise<World> {
  const world = await World.start([group('web'), group('db', { select: "app == 'web' || app == 'db'" })]);
  const connect: typeof paperModule.connect = async (request) => {
    const connection = await paperModule.connect(request);
    return {
      ...connection,
      apply: async (changes): Promise<readonly ObjectReport[]> => {
        const taken = await connection.apply(changes.filter(({ object }) => !full.has(object.group)));
        const refused = changes.filter(({ object }) => full.has(object.group)).map(noRoom);
        return [...taken, ...refused].toReversed();
      },
    };
  };
  Object.assign(world.ports, { firewalls: { paper: { ...paperModule, connect } } });
  await world.upsert(pod('w', '10.1.0.1', web));
  await world.upsert(pod('d', '10.2.0.1', db));
  return world;
}

function noRoom({ object, add, remove }: ObjectChanges): ObjectReport {
  const error = new ZonebridgeError('firewall/table-full', 'no room');
  return {
    object,
    outcomes: new Map([...add, ...remove].map((address) => [address, { state: 'failed', error }])),
  };
}

async function ledgerOf(world: World, name: string, address: string): Promise<string | undefined> {
  const entries = await listLedger(world.tables, 'edge', name);
  return entries.find((entry) => entry.address === address)?.row.state;
}

test('an outcome is noted for the group that it is about, in whatever order the module tells', async () => {
  const full = new Set<string>();
  const world = await worldThatTurns(full);
  full.add('db');
  await world.upsert(pod('w2', '10.1.0.2', web));
  expect(await ledgerOf(world, 'web', '10.1.0.2')).toBe('present');
  expect(await ledgerOf(world, 'db', '10.1.0.2')).not.toBe('present');
  expect([world.on('web'), world.on('db')]).toEqual([
    ['10.1.0.1', '10.1.0.2'],
    ['10.1.0.1', '10.2.0.1'],
  ]);
});

test('what one key was refused for is sent again for its own group', async () => {
  const world = await worldThatTurns();
  const secrets = world.ports.secrets as MemorySecrets;
  const secret = names.secret('test', 'edge');
  await secrets.write(secret, 'fresh');
  secrets.keep(secret, 'token');
  // The old key ends between the first object and the second.
  world.device.refuse.set('10.2.0.2', new ZonebridgeError('firewall/credentials-rejected', 'not accepted'));
  world.device.onItsWay = () => {
    if (world.device.applies().length > 2) world.device.refuse.clear();
  };
  await world.send(
    world.upsertChange(pod('w2', '10.1.0.2', web)),
    world.upsertChange(pod('d2', '10.2.0.2', db)),
  );
  await world.settle();
  expect(await ledgerOf(world, 'db', '10.2.0.2')).toBe('present');
  expect(await ledgerOf(world, 'web', '10.1.0.2')).toBe('present');
  expect(world.on('db')).toEqual(['10.1.0.1', '10.1.0.2', '10.2.0.1', '10.2.0.2']);
});
