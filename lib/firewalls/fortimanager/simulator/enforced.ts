import { type JsonObject, textOf } from './refusal.ts';
import type { Adom } from './adom.ts';
import type { Manager } from './manager.ts';
import { listOf, type Rows } from './table.ts';

/** Where the channels keep a group: the name of the hosted file, the connector of the tags. */
export interface Places {
  adom: string;
  connector: string;
  /** Of the devices that install groups, the one that is looked at; any that takes installs unless given. */
  device?: string;
}

/**
 * Addresses that the firewalls of an ADOM enforce for an object of ours, or would with the first rule that uses it; undefined when there is
 * no such object. Read inside, not over the wire.
 */
export function enforcedAddresses(
  manager: Manager,
  places: Places,
  object: { channel: string; name: string },
): string[] | undefined {
  // An install goes on although nobody asks how far it is.
  if (manager.settings.behaviour.taskPolls >= 0) manager.tasks.finishAll();
  const adom = manager.adoms.get(places.adom);
  if (!adom) return undefined;
  const { channel, name } = object;
  if (channel === 'feed') return readFeed(manager.files.get(`${name}.${places.adom}.txt`)?.content);
  if (channel === 'objects') return groupMembers(adom, name, places.device);
  const tag = `js_${places.connector}_${name}`;
  return adom.rows('user/adgrp').has(tag) ? [...(adom.tags.get(tag) ?? [])] : undefined;
}

/** As a FortiGate reads a list: one entry a line, blank and comment lines skipped. */
export function readFeed(content: string | undefined): string[] | undefined {
  return content
    ?.split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A group that some rule uses counts as the device has it, any other as the ADOM has it for that device. */
function groupMembers(adom: Adom, name: string, wanted: string | undefined): string[] | undefined {
  const used = ['firewall/addrgrp', 'firewall/addrgrp6'].some((path) => adom.usersOf(path, name).length > 0);
  const device =
    adom.devices.find(({ name: one, online }) => (wanted === undefined ? online : one === wanted)) ??
    adom.devices[0];
  if (!device) return undefined;
  const rows = (path: string): Rows =>
    (used ? device.tables.get(path) : undefined) ?? adom.rowsFor(device, path);
  const group = rows('firewall/addrgrp').get(name);
  if (!group) return undefined;
  const group6 = rows('firewall/addrgrp6').get(name);
  return [...matched(group, rows('firewall/address')), ...matched(group6, rows('firewall/address6'))];
}

/** Addresses of the members, without those that the group leaves out. */
function matched(group: JsonObject | undefined, addresses: Rows): string[] {
  const of = (field: string): string[] =>
    listOf(group, field).flatMap((member) => addressOf(addresses.get(member)) ?? []);
  const without = new Set(textOf(group?.['exclude'] ?? '') === 'enable' ? of('exclude-member') : []);
  return of('member').filter((address) => !without.has(address));
}

function addressOf(row: ReturnType<Rows['get']>): string | undefined {
  const [subnet] = listOf(row, 'subnet');
  if (!row) return undefined;
  return subnet ?? textOf(row['ip6'] ?? '').replace(/\/128$/, '');
}
