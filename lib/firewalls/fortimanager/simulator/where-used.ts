import { randomBytes } from 'node:crypto';
import type { Answered, Call } from './call.ts';
import { invalidUrl, isObject, type JsonObject, noObject, textOf } from './refusal.ts';
import { assignedIn, blockIn, packageIn } from './rule-tables.ts';

/** Searches that were begun, by token. */
const searches = new WeakMap<object, Map<string, JsonObject[]>>();

/** `/cache/search/where/used/start`, `.../get/summary`, `.../get/detail`. */
export function answerWhereUsed(call: Call): Answered {
  const { manager, parts, param } = call;
  const known = searches.get(manager) ?? new Map<string, JsonObject[]>();
  searches.set(manager, known);
  const verb = parts.slice(4).join('/');
  if (verb === 'start') {
    const token = randomBytes(16).toString('base64');
    known.set(token, search(call));
    return { data: { token } };
  }
  const found = known.get(textOf(param['token']));
  if (!found) throw noObject();
  if (verb === 'get/summary') return { data: { percent: 100 } };
  if (verb !== 'get/detail') throw invalidUrl();
  const told = manager.settings.behaviour.whereUsed;
  if (told === 'silent') return { data: { percent: 100 } };
  const rows = told === 'shown' ? { where_used: [{ data: found, root: { name: 'adom' } }] } : {};
  return { data: { percent: 100, total_num: found.length, ...rows } };
}

function search({ manager, param }: Call): JsonObject[] {
  const data = isObject(param['data']) ? param['data'] : {};
  const [, adomName = '', , ...table] = textOf(data['obj']).split('/');
  const users = manager.adom(adomName).usersOf(table.join('/'), textOf(data['mkey']));
  return users.map(({ path, key, field }) => ({
    attr: field,
    mkey: key,
    ...placeIn(path),
  }));
}

/** Assumption: how blocks, headers and footers are named. */
function placeIn(path: string): JsonObject {
  const pkg = packageIn(path);
  if (pkg !== undefined) return { mapping_name: 'firewall policy', pkg: { name: pkg } };
  const block = blockIn(path);
  if (block !== undefined) return { mapping_name: `firewall policy of policy block ${block}` };
  const around = assignedIn(path);
  return { mapping_name: around === undefined ? path.replace('/', ' ') : `global ${around} policy` };
}
