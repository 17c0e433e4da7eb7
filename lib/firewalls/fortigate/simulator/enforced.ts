import type { Device } from './device.ts';
import { presentRow } from './row.ts';
import { addressOfRow } from '../translate.ts';

/** Addresses that the first VDOM enforces for an object, resolved by the device's own state; undefined when there is no such object. */
export function enforcedAddresses(device: Device, channel: string, name: string): string[] | undefined {
  const vdom = device.vdom(device.managementVdom);
  if (channel === 'push') {
    const feed = vdom.table('system/external-resource')?.rows.get(name);
    if (!feed) return undefined;
    if (feed.values.get('status') === 'disable') return [];
    return [...vdom.feeds.read(name).entries.keys()];
  }
  if (!vdom.table('firewall/addrgrp')?.rows.has(name)) return undefined;
  const resolve = (group: string, suffix: string): string[] => {
    const row = vdom.table(`firewall/addrgrp${suffix}`)?.rows.get(group);
    const excluded = row?.values.get('exclude') === 'enable' ? row.lists.get('exclude-member') : undefined;
    const left = [...(excluded?.keys() ?? [])].flatMap((member) => addressesOf(member, suffix));
    const members = [...(row?.lists.get('member')?.keys() ?? [])];
    return members
      .flatMap((member) => addressesOf(member, suffix))
      .filter((address) => !left.includes(address));
  };
  const addressesOf = (member: string, suffix: string): string[] => {
    const table = vdom.table(`firewall/address${suffix}`);
    const address = table?.rows.get(member);
    if (!table || !address) return resolve(member, suffix);
    const single = addressOfRow(presentRow(address, table.schema, { version: vdom.settings.version }));
    return member === 'none' ? [] : [single ?? `not a single address: ${member}`];
  };
  return [...resolve(name, ''), ...resolve(name, '6')];
}
