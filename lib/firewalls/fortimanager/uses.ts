import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectUse } from '../../core/firewall.ts';
import type { FortimanagerClient } from './client.ts';

const start = z.looseObject({ token: z.string() });
const summary = z.looseObject({ percent: z.coerce.number() });
const detail = z.looseObject({
  total_num: z.coerce.number().optional(),
  where_used: z
    .array(
      z.looseObject({
        data: z.array(
          z.looseObject({
            attr: z.string().optional(),
            mapping_name: z.string().catch('?'),
            mkey: z.coerce.string(),
            pkg: z.looseObject({ name: z.string() }).optional(),
          }),
        ),
      }),
    )
    .nullish(),
});

const path = '/cache/search/where/used';
const pollMs = 500;
const pollsMax = 20;

/** What refers to an object of an ADOM, in three steps: begin, wait, collect. `table` such as `firewall/addrgrp`. */
export async function readUses(client: FortimanagerClient, table: string, name: string): Promise<ObjectUse> {
  const data = { mkey: name, obj: `adom/${client.settings.adom}/obj/${table}` };
  const begun = start.safeParse(await client.readOne({ url: `${path}/start`, data }, 'exec'));
  if (!begun.success) throw incomplete(name);
  const { token } = begun.data;
  for (let polls = 1; ; polls++) {
    const state = summary.safeParse(await client.readOne({ url: `${path}/get/summary`, token }, 'exec'));
    if (!state.success || polls > pollsMax) throw incomplete(name);
    if (state.data.percent >= 100) break;
    await client.clock.sleep(pollMs);
  }
  const found = detail.safeParse(await client.readOne({ url: `${path}/get/detail`, token }, 'exec'));
  if (!found.success) throw incomplete(name);
  const { where_used: told, total_num: total } = found.data;
  const rows = (told ?? []).flatMap((adom) => adom.data);
  // Nothing at all is no answer, unless it is counted.
  if (rows.length < (total ?? 0) || (!told && total === undefined)) throw incomplete(name);
  const users = rows.map(({ attr, mapping_name: kind, mkey, pkg }) => ({
    where: pkg ? `${pkg.name}: ${kind}` : kind,
    key: mkey,
    field: attr,
  }));
  return { count: users.length, users };
}

function incomplete(name: string): ZonebridgeError {
  return new ZonebridgeError(
    'firewall/unexpected-answer',
    `the search for what uses ${name} gave no complete answer`,
  );
}
