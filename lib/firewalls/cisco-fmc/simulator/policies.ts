import { type Call, bodies, brief, isSet, objectBody, type Result, shown } from './call.ts';
import { duplicate, found } from './objects.ts';
import { pageOf } from './pages.ts';
import { invalid, isObject, type Json, type JsonObject, Refusal, textOf } from './refusal.ts';
import type { Row } from './table.ts';

const actions = [
  'ALLOW',
  'TRUST',
  'BLOCK',
  'MONITOR',
  'BLOCK_RESET',
  'BLOCK_INTERACTIVE',
  'BLOCK_RESET_INTERACTIVE',
];

/** Access policies and their rules in order, as far as rules make objects "in use". */
export function answerPolicies(call: Call): Result {
  const { request, parts, domain } = call;
  const table = domain.table('policy/accesspolicies');
  const [, , id, child] = parts;
  if (id === undefined) {
    if (request.method === 'POST') return createPolicy(call);
    if (request.method !== 'GET') throw new Refusal(405, `${request.method} is not supported.`, 'FRAMEWORK');
    const name = request.query.get('name');
    const rows = table.rows.filter((row) => name === null || row.name === name);
    return { status: 200, body: listed(call, rows) };
  }
  const policy = found(table, id);
  if (child === 'accessrules') return answerRules(call, policy);
  if (child !== undefined) throw new Refusal(404, 'The requested path was not found.', 'FRAMEWORK');
  if (request.method === 'GET') return { status: 200, body: shown(call, policy) };
  if (request.method !== 'DELETE') throw new Refusal(405, `${request.method} is not supported.`, 'FRAMEWORK');
  table.delete(policy);
  domain.rules.delete(policy.id);
  return { status: 200, body: shown(call, policy) };
}

function listed(call: Call, rows: readonly Row[]): JsonObject {
  const expanded = isSet(call.request.query.get('expanded'));
  return pageOf(call, rows, (row) => (expanded ? shown(call, row) : brief(call, row)));
}

function createPolicy(call: Call): Result {
  const table = call.domain.table('policy/accesspolicies');
  const { list } = bodies(call);
  const rows = list.map((body) => {
    const name = textOf(body['name']);
    if (!/^[\w -]{1,64}$/.test(name)) throw invalid('Invalid name of an access policy.');
    if (table.named(name)) throw duplicate(call, name);
    const given = isObject(body['defaultAction']) ? body['defaultAction'] : {};
    const defaultAction = {
      type: 'AccessPolicyDefaultAction',
      id: call.manager.newId(),
      action: 'BLOCK',
      ...given,
    };
    return stored(call, { name, type: 'AccessPolicy', defaultAction });
  });
  for (const row of rows) {
    table.put(row);
    call.domain.rules.set(row.id, []);
  }
  return { status: 201, body: shown(call, rows[0] ?? stored(call, {})) };
}

function answerRules(call: Call, policy: Row): Result {
  const { request, parts, domain } = call;
  const rules = domain.rules.get(policy.id) ?? [];
  const id = parts[4];
  if (id === undefined && request.method === 'GET')
    return { status: 200, body: listed(call, numbered(rules, policy)) };
  if (id === undefined && request.method === 'POST') {
    const { bulk, list } = bodies(call);
    const fresh = list.map((body) => ruleOf(call, body, rules));
    domain.rules.set(policy.id, [...rules, ...fresh]);
    domain.outOfDate = true;
    const items = fresh.map((row) => shown(call, row));
    return { status: 201, body: bulk ? { items } : (items[0] ?? {}) };
  }
  const rule = rules.find((row) => row.id === id);
  if (!rule) throw new Refusal(404, 'The requested rule was not found.', 'FRAMEWORK');
  if (request.method === 'GET') return { status: 200, body: shown(call, rule) };
  domain.outOfDate = true;
  const others = rules.filter((row) => row !== rule);
  if (request.method === 'DELETE') {
    domain.rules.set(policy.id, others);
    return { status: 200, body: shown(call, rule) };
  }
  if (request.method !== 'PUT') throw new Refusal(405, `${request.method} is not supported.`, 'FRAMEWORK');
  const changed = { ...ruleOf(call, objectBody(call), others), id: rule.id };
  domain.rules.set(
    policy.id,
    rules.map((row) => (row === rule ? changed : row)),
  );
  return { status: 200, body: shown(call, changed) };
}

/** The number of a rule stands in its metadata. Assumption: everything lies in the section `Mandatory`. */
function numbered(rules: readonly Row[], policy: Row): Row[] {
  return rules.map((row, index) => ({
    ...row,
    fields: {
      ...row.fields,
      metadata: {
        ruleIndex: index + 1,
        section: 'Mandatory',
        accessPolicy: { id: policy.id, name: policy.name },
      },
    },
  }));
}

/** The description of a rule is not given back by the manager, so it is not kept. */
function ruleOf(call: Call, body: JsonObject, others: readonly Row[]): Row {
  const name = textOf(body['name']);
  if (name === '') throw invalid('The name of the rule is missing.');
  if (others.some((row) => row.name === name)) throw duplicate(call, name);
  if (!actions.includes(textOf(body['action']))) throw invalid('Invalid action.');
  const { description: _, id: __, links: ___, metadata: ____, ...fields } = body;
  const checked = Object.entries(fields).map(([key, value]) => [key, references(call, key, value)]);
  return stored(call, { enabled: true, ...Object.fromEntries(checked), name, type: 'AccessRule' });
}

const referencing: Readonly<Record<string, 'network' | 'dynamic'>> = {
  sourceNetworks: 'network',
  destinationNetworks: 'network',
  sourceDynamicObjects: 'dynamic',
  destinationDynamicObjects: 'dynamic',
};

/** A reference that leads nowhere is dropped without a word, or refused, as the switch says. */
function references(call: Call, key: string, value: Json | undefined): Json | undefined {
  const kind = referencing[key];
  if (kind === undefined || !isObject(value)) return value;
  const objects = (Array.isArray(value['objects']) ? value['objects'] : []).filter((entry) => {
    const id = isObject(entry) ? textOf(entry['id']) : '';
    const known =
      kind === 'network' ? call.domain.network(id) : call.domain.table('object/dynamicobjects').get(id);
    if (!known && call.manager.settings.behaviour.wrongReference === 'refused')
      throw invalid(`Invalid object reference ${id}.`);
    return known !== undefined;
  });
  return { ...value, objects };
}

function stored(call: Call, fields: JsonObject): Row {
  const name = textOf(fields['name']);
  return { id: call.manager.newId(), name, fields, user: call.user, timestamp: Date.now(), system: false };
}
