import { type Element, textAt } from '../xml.ts';
import type { Device } from './device.ts';
import { membersOf } from './op.ts';
import { findAll, parseXpath } from './xpath.ts';

/** Where objects of a device lie that are not shared. */
export function scopePath(device: Device, name?: string): string {
  const base = "/config/devices/entry[@name='localhost.localdomain']";
  if (device.facts.kind === 'firewall') return `${base}/vsys/entry[@name='${name ?? 'vsys1'}']`;
  return name === undefined ? '/config/shared' : `${base}/device-group/entry[@name='${name}']`;
}

/** Addresses that carry a tag; undefined when none does, because a tag is nothing apart from its addresses. */
export function taggedAddresses(device: Device, tag: string): string[] | undefined {
  const found = device
    .table()
    .rows()
    .filter(({ tags }) => tags.includes(tag));
  return found.length === 0 ? undefined : found.map(({ ip }) => ip);
}

/**
 * Addresses of a static group in the running configuration, or in what a firewall got of it, with those of the groups in it; undefined
 * when there is none.
 */
export function groupAddresses(
  device: Device,
  path: string,
  name: string,
  received?: Element,
): string[] | undefined {
  device.jobs.settle();
  const tree = received ?? device.config.running;
  const [group] = findAll(tree, parseXpath(`${path}/address-group/entry[@name='${name}']`));
  if (!group) return undefined;
  return membersOf(group).flatMap((member) => {
    const [address] = findAll(tree, parseXpath(`${path}/address/entry[@name='${member}']`));
    const value = textAt(address, 'ip-netmask');
    if (value === undefined) return groupAddresses(device, path, member, received) ?? [];
    return member.startsWith('zba-') && member.endsWith('-none') ? [] : [value.replace(/\/(32|128)$/, '')];
  });
}
