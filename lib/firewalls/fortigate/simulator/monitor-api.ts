import type { Gate } from './access.ts';
import type { Device } from './device.ts';
import { monitorEnvelope } from './envelope.ts';
import type { Place } from './envelope.ts';
import { readEntryList, pushEntries } from './feed-api.ts';
import { isObject, Refusal, missingEntry, textOf } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';
import type { Row } from './row.ts';
import type { Vdom } from './vdom.ts';

export interface MonitorCall {
  place: Place;
  device: Device;
  gate: Gate;
  vdom: Vdom;
  query: URLSearchParams;
  body: string;
}

interface MonitorResource {
  method: 'GET' | 'POST';
  /** Permission; undefined: any profile may call it. */
  right?: string;
  /** `path`, `name` and `action` of the envelope. */
  parts: readonly [string, string, string];
  results(call: MonitorCall): Json;
}

/** Resources below `/api/v2/monitor/`. */
const resources: Readonly<Record<string, MonitorResource>> = {
  'system/status': {
    method: 'GET',
    parts: ['system', 'status', ''],
    results: ({ device }) => systemStatus(device),
  },
  'license/status': { method: 'GET', parts: ['license', 'status', ''], results: () => ({}) },
  // Assumption: any profile may read it; published lists of needed rights do not name it.
  'web-ui/state': {
    method: 'GET',
    parts: ['web-ui', 'state', ''],
    results: ({ device }) => webUiState(device),
  },
  'system/firmware': {
    method: 'GET',
    right: 'sysgrp.cfg',
    parts: ['system', 'firmware', ''],
    results: ({ device }) => ({ current: { version: `v${device.settings.version.join('.')}` } }),
  },
  'system/ha-peer': {
    method: 'GET',
    right: 'sysgrp.cfg',
    parts: ['system', 'ha-peer', ''],
    results: ({ device }) => haPeers(device),
  },
  // Assumption: what an administrator may not read does not count here; the real device may leave such users out.
  'system/object/usage': {
    method: 'GET',
    parts: ['system', 'object', 'usage'],
    results: objectUsage,
  },
  'system/external-resource/entry-list': {
    method: 'GET',
    right: 'sysgrp.cfg',
    parts: ['system', 'external-resource', 'entry-list'],
    results: readEntryList,
  },
  'system/external-resource/dynamic': {
    method: 'POST',
    right: 'sysgrp.cfg',
    parts: ['system', 'external-resource', 'dynamic'],
    results: pushEntries,
  },
  // Only the profile super_admin may; every narrower one gets 403.
  'system/api-user/generate-key': {
    method: 'POST',
    right: 'super_admin',
    parts: ['system', 'api-user', 'generate-key'],
    results: generateKey,
  },
};

/** The resource of a path, or undefined. */
export function monitorResource(parts: readonly string[]): MonitorResource | undefined {
  const path = parts.join('/').replace(/\/select$/, '');
  return Object.hasOwn(resources, path) ? resources[path] : undefined;
}

/** Runs a call of the runtime API. Throws a Refusal. */
export function callMonitor(resource: MonitorResource, call: MonitorCall): JsonObject {
  if (call.place.method !== resource.method) {
    throw new Refusal(405);
  }
  const results = resource.results(call);
  return monitorEnvelope(call.place, call.device.settings, resource.parts[2], results);
}

/** Who refers to a row, in the form that public clients read. */
function objectUsage({ vdom, query }: MonitorCall): JsonObject {
  const [path, name, key] = ['q_path', 'q_name', 'mkey'].map((field) => query.get(field) ?? '');
  const table = `${path}/${name}`;
  if (vdom.table(table)?.rows.has(key ?? '') !== true) {
    throw missingEntry();
  }
  const users = vdom.references.referrers(table, key ?? '').map((row) => {
    const [folder = '', ...rest] = row.table.split('/');
    return {
      path: folder,
      name: rest.join('/'),
      mkey: row.key,
      attribute: fieldOf(row, key ?? ''),
      table_type: 'table',
    };
  });
  return { currently_using: users };
}

function fieldOf(row: Row, key: string): string {
  const list = [...row.lists].find(([, links]) => links.has(key));
  return list?.[0] ?? [...row.values].find(([, value]) => value === key)?.[0] ?? '';
}

/** The name of the administrator comes in the body, or in the query, as some clients send it. The key it had is void at once. */
function generateKey({ device, gate, query, body }: MonitorCall): JsonObject {
  const user = userIn(body) || (query.get('api-user') ?? '');
  if (user === '') {
    throw new Refusal(424);
  }
  if (device.apiUser(user) === undefined) {
    throw missingEntry();
  }
  return { access_token: gate.generateKey(user) };
}

function userIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    return textOf(isObject(parsed) ? parsed['api-user'] : undefined);
  } catch {
    return '';
  }
}

function systemStatus(device: Device): JsonObject {
  return {
    model_name: 'FortiGate',
    model_number: 'VM64',
    model: 'FGVM64',
    hostname: device.settings.hostname,
    log_disk_status: 'available',
  };
}

/** The only place found that tells the last boot: milliseconds since 1970, read by several public monitoring tools. */
function webUiState(device: Device): JsonObject {
  const shown = device.settings.behaviour.bootTime === 'shown';
  return {
    hostname: device.settings.hostname,
    model_name: 'FortiGate',
    model_number: 'VM64',
    model: 'FGVM64',
    snapshot_utc_time: Date.now(),
    ...(shown ? { utc_last_reboot: Math.round(device.settings.bootTime) } : {}),
    time_zone_offset: 0,
  };
}

/** Members of the cluster, this unit first; an alone standing unit has no such list. */
function haPeers(device: Device): JsonObject[] {
  const { role, serial, peerSerial, hostname } = device.settings;
  if (role === 'standalone') {
    throw missingEntry();
  }
  const member = (serialNumber: string, primary: boolean): JsonObject => ({
    serial_no: serialNumber,
    vcluster_id: 0,
    priority: primary ? 200 : 100,
    hostname: serialNumber === serial ? hostname : `${hostname}-peer`,
    ...(primary ? { master: true, primary: true } : {}),
  });
  return [member(serial, role === 'primary'), member(peerSerial, role === 'secondary')];
}
