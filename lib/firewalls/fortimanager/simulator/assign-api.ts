import { Adom } from './adom.ts';
import { type Answered, type Call, changer } from './call.ts';
import { naming } from './mappings.ts';
import {
  invalidData,
  invalidUrl,
  isObject,
  type Json,
  type JsonObject,
  noObject,
  textOf,
} from './refusal.ts';
import { globalPackageIn } from './rule-tables.ts';
import { listOf } from './table.ts';

/**
 * `exec /securityconsole/assign/package`: brings headers and footers of a package of the global ADOM, with what they name, into other
 * ADOMs, or takes them away (`unassign`). Assumption: they are around every package there, whichever ones `target` names.
 */
export function answerAssign(call: Call): Answered {
  const { manager, method, parts, param, caller } = call;
  if (method !== 'exec' || parts.slice(1).join('/') !== 'assign/package') throw invalidUrl();
  const data = isObject(param['data']) ? param['data'] : {};
  const pkg = textOf(data['pkg']);
  const flags = [data['flags'] ?? []].flat().map(textOf);
  if (!manager.global.paths().some((path) => globalPackageIn(path)?.pkg === pkg)) throw noObject();
  const targets = [data['target'] ?? []].flat().map((target) => adomOf(call, target));
  if (targets.length === 0) throw invalidData('target');
  const { session, user } = changer(call);
  const task = manager.tasks.start('Assign', caller.user, () =>
    targets.map((adom) => {
      if (adom.lock && adom.lock.session !== session)
        return { name: adom.name, err: 1, detail: 'Workspace is locked by other user' };
      const by = { session, user, locking: false };
      assign(manager.global, adom, { pkg, by, flags });
      manager.commits.append({ what: `assign ${pkg} ${adom.name}` });
      return { name: adom.name, err: 0, detail: 'done' };
    }),
  );
  return { data: { task } };
}

function adomOf({ manager }: Call, target: Json): Adom {
  return manager.adom(textOf(isObject(target) ? target['adom'] : target));
}

interface Assignment {
  pkg: string;
  by: Parameters<Adom['change']>[2];
  flags: readonly string[];
}

function assign(from: Adom, to: Adom, { pkg, by, flags }: Assignment): void {
  const isOff = flags.includes('unassign');
  const named = new Set<string>();
  for (const place of ['global/header/policy', 'global/footer/policy']) {
    const rules = from.rows(`pkg/${pkg}/${place}`);
    for (const rule of rules.values()) collect(from, 'firewall/policy', rule, named);
    const gone = [...to.rows(place).keys()].map((key) => [key, undefined] as const);
    to.change(place, new Map<string, JsonObject | undefined>([...gone, ...(isOff ? [] : rules)]), by);
  }
  if (isOff) return;
  for (const path of from.paths().filter((one) => !one.startsWith('pkg/'))) {
    const rows = [...from.rows(path)].filter(
      ([key]) => flags.includes('cp_all_objs') || named.has(`${path}/${key}`),
    );
    to.change(path, new Map(rows), by);
  }
}

/** Notes what a row names, and what that names. */
function collect(from: Adom, table: string, row: JsonObject, named: Set<string>): void {
  for (const [field, tables] of Object.entries(Adom.schema(table)?.references ?? {}))
    for (const name of naming(row).flatMap((one) => listOf(one, field)))
      for (const path of tables) {
        const found = from.rows(path).get(name);
        if (!found || named.has(`${path}/${name}`)) continue;
        named.add(`${path}/${name}`);
        collect(from, path, found, named);
      }
}
