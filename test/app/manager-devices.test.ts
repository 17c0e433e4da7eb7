import { afterEach, beforeEach, expect, test } from 'vitest';
import { names } from '../../lib/app/names.ts';
import { reconcileMessage } from '../../lib/app/reconcile/reconcile-message.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { sharedMarks } from '../../lib/firewalls/fortimanager/channels/shared-marks.ts';
import { fortimanager } from '../../lib/firewalls/fortimanager/index.ts';
import { fortimanagerSettings } from '../../lib/firewalls/fortimanager/schema.ts';
import { enforcedAddresses } from '../../lib/firewalls/fortimanager/simulator/enforced.ts';
import {
  type FortimanagerSimulator,
  startFortimanagerSimulator,
} from '../../lib/firewalls/fortimanager/simulator/index.ts';
import { mappingsOf } from '../../lib/firewalls/fortimanager/simulator/mappings.ts';
import { listOf } from '../../lib/firewalls/fortimanager/simulator/table.ts';
import { passwordOf, settingsFor } from '../support/firewalls/fortimanager-rig.ts';
import { group, pod, World } from '../support/world.ts';

const object = 'local-pods';
const person = { session: '', user: 'alice', locking: false };
const entries = { edge: 'fgt-fra', other: 'fgt-muc' };

let simulator: FortimanagerSimulator;
let world: World;

/** Pods of a city, in the one object that the package names. */
function ofCity(name: string, firewall: string): AddressGroup {
  const target = {
    firewall,
    channel: 'objects',
    object,
    create: 'own',
    mode: 'sync',
    onForeignAdd: 'remove',
    acceptConfigChurn: { writesPerHour: 1000 },
  } as const;
  return group(name, { select: `city == '${name}'`, publish: [target] });
}

beforeEach(async () => {
  simulator = await startFortimanagerSimulator({ workspace: 'normal', devices: Object.values(entries) });
  world = new World([ofCity('frankfurt', 'edge'), ofCity('munich', 'other')]);
  const edge = world.configuration.firewalls['edge']!;
  for (const [id, device] of Object.entries(entries)) {
    const settings = settingsFor(simulator, { install: 'partial', device: { name: device } });
    world.configuration.firewalls[id] = {
      ...edge,
      kind: 'fortimanager',
      settings: fortimanagerSettings.parse(settings),
    };
    world.secrets.values.set(names.secret('test', id), passwordOf(simulator));
  }
  world.ports.firewalls = { fortimanager };
  await world.activate();
  await world.hello('agent-process-1');
  await world.upsert(pod('a', '10.1.0.1', { city: 'frankfurt' }));
  await world.upsert(pod('b', '10.2.0.1', { city: 'munich' }));
});
afterEach(async () => await simulator.stop());

const adom = () => simulator.manager.adom('root');

function held(device: string): string[] | undefined {
  const places = { adom: 'root', connector: 'zonebridge', device };
  return enforcedAddresses(simulator.manager, places, { channel: 'objects', name: object })?.sort();
}

async function compareAll(): Promise<void> {
  await world.clock.sleep(600_000);
  for (const firewall of Object.keys(entries))
    await reconcileMessage(world.ports, world.configurations, JSON.stringify({ firewall, reason: 'test' }));
  await world.settle();
}

test('entries for two devices of a manager keep their own members in one group, and comparisons leave them', async () => {
  expect([held('fgt-fra'), held('fgt-muc')]).toEqual([['10.1.0.1'], ['10.2.0.1']]);
  await world.upsert(pod('c', '10.1.0.2', { city: 'frankfurt' }));
  await world.remove('b');
  const before = adom().revision;
  await compareAll();
  expect([held('fgt-fra'), held('fgt-muc')]).toEqual([['10.1.0.1', '10.1.0.2'], []]);
  expect(adom().revision).toBe(before);
});

test("a person's edits of mappings are found: what was put in goes, what was taken off stays off, the group is left as it is", async () => {
  const theirs = { name: 'theirs', subnet: ['10.9.0.1', '255.255.255.255'] };
  adom().change('firewall/address', new Map([['theirs', theirs]]), person);
  const row = adom().rows('firewall/addrgrp').get(object) ?? {};
  const [fra = {}, muc = {}] = mappingsOf(row);
  const edited = [
    { ...fra, member: [...listOf(fra, 'member'), 'theirs'] },
    { ...muc, member: ['theirs'] },
  ];
  const changed = { ...row, member: ['theirs'], dynamic_mapping: edited };
  adom().change('firewall/addrgrp', new Map([[object, changed]]), person);
  adom().pending.clear();
  await compareAll();
  expect([held('fgt-fra'), held('fgt-muc')]).toEqual([['10.1.0.1'], []]);
  const compared = world.telemetry.lines.filter(({ message }) => message === 'compared');
  expect(compared.map(({ fields }) => fields)).toMatchObject([
    { firewall: 'edge', removedByHand: 0, foreign: 1 },
    { firewall: 'other', removedByHand: 1, foreign: 1 },
  ]);
  expect(adom().rows('firewall/addrgrp').get(object)).toMatchObject({
    comment: sharedMarks('test', 'root').commentFor(object),
    member: ['theirs'],
  });
});
