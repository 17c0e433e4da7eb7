import { type Call, bodies, brief, filters, isSet, objectBody, type Result, shown } from './call.ts';
import { duplicate, found } from './objects.ts';
import { pageOf } from './pages.ts';
import { invalid, isObject, type JsonObject, missing, textOf, unsupported } from './refusal.ts';
import { answerRules } from './rules.ts';
import { type Row, stored } from './table.ts';

/** Access policies, from whom they inherit, and their rules: as far as they make objects "in use", and are read to say who uses one. */
export function answerPolicies(call: Call): Result {
  const { request, parts, domain } = call;
  const table = domain.table('policy/accesspolicies');
  const [, , id, child] = parts;
  if (id === undefined) {
    if (request.method === 'POST') return createPolicy(call);
    if (request.method !== 'GET') throw unsupported(request.method);
    const name = request.query.get('name');
    const wanted = filters(request.query).get('ids')?.split(',');
    const rows = table.rows.filter(
      (row) => (name === null || row.name === name) && (!wanted || wanted.includes(row.id)),
    );
    return { status: 200, body: listed(call, rows) };
  }
  const policy = found(table, id);
  if (child === 'accessrules') return answerRules(call, policy);
  if (child === 'inheritancesettings') return answerInheritance(call, policy);
  if (child === 'defaultactions') return answerDefaults(call, policy);
  if (child !== undefined) throw missing('path');
  if (request.method === 'GET') return { status: 200, body: shown(call, policy) };
  if (request.method !== 'DELETE') throw unsupported(request.method);
  if ([...domain.bases.values()].includes(policy.id))
    throw invalid(`Object in use: ${policy.name} is a base policy and cannot be deleted.`);
  table.delete(policy);
  domain.rules.delete(policy.id);
  domain.bases.delete(policy.id);
  domain.outOfDate = true;
  return { status: 200, body: shown(call, policy) };
}

function listed(call: Call, rows: readonly Row[]): JsonObject {
  const expanded = isSet(call.request.query.get('expanded'));
  return pageOf(call, rows, (row) => (expanded ? shown(call, row) : brief(call, row)));
}

function createPolicy(call: Call): Result {
  const table = call.domain.table('policy/accesspolicies');
  const { bulk, list } = bodies(call);
  if (bulk) throw invalid('bulk=true is not known for access policies.');
  const body = list[0] ?? {};
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
  const policy = stored(call, { name, type: 'AccessPolicy', defaultAction });
  table.put(policy);
  call.domain.rules.set(policy.id, []);
  return { status: 201, body: shown(call, policy) };
}

/** As the public client fireREST 1.3.0 reads and changes it. Assumption: the setting has the id of its policy. */
function answerInheritance(call: Call, policy: Row): Result {
  const { request, domain, parts } = call;
  const table = domain.table('policy/accesspolicies');
  if (parts[4] === undefined ? request.method !== 'GET' : parts[4] !== policy.id) throw missing('path');
  if (request.method === 'PUT') {
    const given = objectBody(call)['basePolicy'];
    domain.bases.delete(policy.id);
    if (isObject(given)) {
      const base = found(table, textOf(given['id']));
      if (domain.lineage(base).includes(policy)) throw invalid('A policy cannot inherit from itself.');
      domain.bases.set(policy.id, base.id);
    }
    domain.outOfDate = true;
  } else if (request.method !== 'GET') throw unsupported(request.method);
  const base = table.get(domain.bases.get(policy.id) ?? '');
  const setting = {
    id: policy.id,
    type: 'AccessPolicyInheritanceSetting',
    ...(base ? { basePolicy: { id: base.id, name: base.name, type: 'AccessPolicy' } } : {}),
  };
  return { status: 200, body: parts[4] === undefined ? pageOf(call, [setting], (one) => one) : setting };
}

function answerDefaults(call: Call, { fields }: Row): Result {
  const { request, parts } = call;
  if (request.method !== 'GET') throw unsupported(request.method);
  if (parts[4] !== undefined) throw missing('path');
  const { defaultAction } = fields;
  const actions = isObject(defaultAction) ? [defaultAction] : [];
  return { status: 200, body: pageOf(call, actions, (one) => one) };
}
