import { isFrom } from './version.ts';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Answered, Call } from './call.ts';
import {
  invalidData,
  invalidUrl,
  isObject,
  type Json,
  type JsonObject,
  noObject,
  Refusal,
  textOf,
} from './refusal.ts';

/** `/connector/user/manage` and `/connector/get/user`: addresses of the tags of a JSON API connector. No lock, no install. */
export function answerConnector(call: Call): Answered {
  if (call.method !== 'exec') throw invalidUrl();
  const { data } = call.param;
  if (call.parts.join('/') === 'connector/get/user') return { data: list(call, isObject(data) ? data : {}) };
  if (call.parts.join('/') !== 'connector/user/manage') throw invalidUrl();
  if (Array.isArray(data) && !isFrom(call.manager.settings.version, '7.4.4'))
    throw invalidData('one block only');
  const blocks = (Array.isArray(data) ? data : [data]).map((block) => prepared(call, block ?? null));
  for (const run of blocks) run();
  call.manager.commits.append({ what: 'exec connector/user/manage' });
  return undefined;
}

interface Block {
  command: 'add' | 'delete';
  group: string;
  path: string;
  addresses: string[];
}

function readBlock(input: Json): Block {
  if (!isObject(input)) throw invalidData('no block');
  const { command, group, path } = input;
  const addresses = input['ip-addr'];
  if (command !== 'add' && command !== 'delete') throw invalidData('command');
  if (typeof group !== 'string' || group === '' || !Array.isArray(addresses))
    throw invalidData('group or ip-addr');
  const texts = addresses.map(textOf);
  for (const text of texts) if (isIP(text) === 0) throw invalidData(text);
  return { command, group, path: textOf(path), addresses: texts.map(canonicalText) };
}

/** Checks a block; what comes back does it. */
function prepared({ manager }: Call, input: Json): () => void {
  const { command, group, path, addresses } = readBlock(input);
  const [adomName = '', connector = ''] = path.split('/');
  const adom = manager.adom(adomName);
  if (!adom.rows('user/json').has(connector)) throw noObject();
  const tag = `js_${connector}_${group}`;
  if (!adom.rows('user/adgrp').has(tag)) {
    if (manager.settings.behaviour.unknownTag === 'ignored') return () => undefined;
    throw noObject();
  }
  const size = new Set([...(adom.tags.get(tag) ?? []), ...addresses]).size;
  if (command === 'add' && size > manager.settings.limits.tagAddresses)
    throw new Refusal(-1, 'Maximum number of entries has been reached');
  return () => {
    const members = adom.tags.get(tag) ?? new Set();
    for (const address of addresses) {
      if (command === 'add') members.add(address);
      else members.delete(address);
    }
    adom.tags.set(tag, members);
  };
}

function canonicalText(address: string): string {
  return isIP(address) === 6 ? ipaddr.IPv6.parse(address).toRFC5952String() : address;
}

function list({ manager }: Call, data: JsonObject): Json {
  const { adom, connector, group } = data;
  const prefix = `js_${textOf(connector)}_`;
  const known = manager.adom(textOf(adom));
  const tags = [...known.rows('user/adgrp').keys()].filter((tag) =>
    group === undefined ? tag.startsWith(prefix) : tag === prefix + textOf(group),
  );
  return tags.flatMap((grpname) =>
    [...(known.tags.get(grpname) ?? [])].map((address) => ({
      grpname,
      name: '',
      state: 1,
      ...(address.includes(':')
        ? { ip_addr6: `${address}-${address}` }
        : { ip_addr: address, ip_addr6: '::-::' }),
    })),
  );
}
