import type { Key, Tables } from '../../core/ports.ts';
import { count, text } from './items.ts';

/** That a kind of firewall in one version was tried on a device, and kept its promises. */
export interface Qualification {
  kind: string;
  version: string;
  /** The firewall of the configuration it was tried on, and its device. */
  firewall: string;
  serial: string;
  at: number;
  /** Who ran it. */
  by: string;
  /** Channels that kept everything. */
  channels: readonly string[];
}

/** Versions are told as `v7.4.4` or `7.4.4`: one device is one version. */
function keyOf(kind: string, version: string): Key {
  return { table: 'control', pk: `qualified|${kind}|${version.replace(/^v/, '')}` };
}

/** Undefined when no device of this kind and version kept its promises. */
export async function readQualification(
  tables: Tables,
  kind: string,
  version: string,
): Promise<Qualification | undefined> {
  const [item] = await tables.read([keyOf(kind, version)]);
  const firewall = text(item, 'firewall');
  if (firewall === undefined) return undefined;
  return {
    kind,
    version,
    firewall,
    serial: text(item, 'serial') ?? '',
    at: count(item, 'at'),
    by: text(item, 'by') ?? '',
    channels: (text(item, 'channels') ?? '').split(',').filter((channel) => channel !== ''),
  };
}

export async function storeQualification(tables: Tables, qualification: Qualification): Promise<void> {
  const { kind, version, firewall, serial, at, by, channels } = qualification;
  const set = { firewall, serial, at, by, channels: channels.join(',') };
  await tables.write({ key: keyOf(kind, version), update: { set } });
}

/** A device of this kind and version broke a promise: what an earlier one kept counts no more. */
export async function dropQualification(tables: Tables, kind: string, version: string): Promise<void> {
  await tables.write({ key: keyOf(kind, version), delete: true });
}
