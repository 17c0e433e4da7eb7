import { setTimeout as delay } from 'node:timers/promises';
import { approveHeld, listHeld } from '../../app/commands/approve.ts';
import { restoreMember } from '../../app/commands/restore.ts';
import { fortigate } from '../../firewalls/fortigate/index.ts';
import { now } from '../cluster.ts';
import { nodes, pods } from './groups.ts';
import { same, type Stage } from './stage.ts';

const feedApi = 'monitor/system/external-resource/dynamic';

/** What people do on the firewalls: ours is repaired, theirs is left alone, what they took off stays off. */
export async function playPeople(stage: Stage): Promise<void> {
  await playDeletion(stage);
  await playEdit(stage);
  await playClone(stage);
  await playRemoval(stage);
}

async function playDeletion(stage: Stage): Promise<void> {
  const name = stage.objectName(pods);
  const before = stage.members(pods);
  await stage.step('object deleted', pods, {
    act: async () => {
      await stage
        .person(pods.firewall)
        .call('DELETE', `cmdb/system/external-resource/${encodeURIComponent(name)}`);
      const at = now();
      await stage.reconcile(pods.firewall);
      return at;
    },
    wanted: () => same(stage.members(pods), before),
    what: () => `a person deleted ${name}: made again with its ${before.length} addresses`,
  });
}

async function playEdit(stage: Stage): Promise<void> {
  const [address = ''] = stage.members(nodes);
  const before = stage.members(nodes);
  const name = `zb-sandbox-${address}`;
  await stage.step('object edited', nodes, {
    act: async () => {
      await stage
        .person(nodes.firewall)
        .call('PUT', `cmdb/firewall/address/${name}`, { subnet: '8.8.8.8 255.255.255.255' });
      const at = now();
      await stage.reconcile(nodes.firewall);
      return at;
    },
    wanted: () => same(stage.members(nodes), before),
    what: () => `a person let ${name} mean 8.8.8.8: repaired`,
  });
}

async function playClone(stage: Stage): Promise<void> {
  const name = stage.objectName(nodes);
  const copy = `${name}.copy`;
  await stage
    .person(nodes.firewall)
    .call('POST', `cmdb/firewall/addrgrp/${encodeURIComponent(name)}?action=clone&nkey=${copy}`);
  const { commits } = stage.view(nodes).simulator;
  const before = commits.last;
  await stage.reconcile(nodes.firewall);
  await stage.reconcile(nodes.firewall);
  const touched = commits.after(before).some((commit) => commit.key === copy);
  const found =
    stage.view(nodes).simulator.device.vdom('root').table('firewall/addrgrp')?.rows.has(copy) ?? false;
  const what = `a person cloned ${name}: the clone carries our mark but not our name, so it is foreign`;
  stage.note({
    name: 'object cloned',
    what,
    ok: found && !touched,
    latencyMs: undefined,
    propagation: false,
  });
}

async function playRemoval(stage: Stage): Promise<void> {
  // Of what we wrote a moment ago a comparison believes no read.
  await delay(fortigate.facts.readsLagMs);
  const [address = ''] = stage.members(pods);
  const name = stage.objectName(pods);
  await stage
    .person(pods.firewall)
    .call('POST', feedApi, { commands: [{ name, command: 'remove', entries: [address] }] });
  await stage.reconcile(pods.firewall);
  await stage.reconcile(pods.firewall);
  const out = !stage.members(pods).includes(address);
  const what = `a person took ${address} off: it stays off, and is shown`;
  stage.note({ name: 'member removed', what, ok: out, latencyMs: undefined, propagation: false });
  const { ports, configurations } = stage.sandbox.app;
  await stage.step('restore', pods, {
    act: async () => {
      await restoreMember(ports, await configurations.active(), {
        firewall: pods.firewall,
        group: pods.group,
        address,
      });
      return now();
    },
    wanted: () => stage.members(pods).includes(address),
    what: () => `zonebridge restore lets ${address} come back`,
  });
}

/** A selector that matches nothing would empty the group: the brake holds it until a person approves. */
export async function playMistake(stage: Stage): Promise<void> {
  const { ports, configurations } = stage.sandbox.app;
  const before = stage.members(pods);
  await stage.sandbox.apply(stage.groups("app == 'storefrnot'"));
  const end = performance.now() + 30_000;
  let held = await listHeld(ports, await configurations.active(), pods.firewall);
  while (held.length < before.length && performance.now() < end)
    held = await listHeld(ports, await configurations.active(), pods.firewall);
  const ok = held.length === before.length && same(stage.members(pods), before);
  const what = `a mistyped selector would remove all ${before.length}: held (${held[0]?.reason ?? 'nothing held'})`;
  stage.note({ name: 'mistake held', what, ok, latencyMs: undefined, propagation: false });
  await stage.step('approved', pods, {
    act: async () => {
      await approveHeld(ports, await configurations.active(), {
        firewall: pods.firewall,
        by: { name: 'demo', principal: undefined },
        held,
      });
      return now();
    },
    wanted: () => stage.members(pods).length === 0,
    what: () => 'zonebridge approve releases exactly these changes',
  });
  await stage.step('mended', pods, {
    act: async () => {
      await stage.sandbox.apply(stage.groups());
      return now();
    },
    wanted: () => same(stage.members(pods), before),
    what: () => `the right selector again: ${stage.members(pods).length} addresses`,
  });
}
