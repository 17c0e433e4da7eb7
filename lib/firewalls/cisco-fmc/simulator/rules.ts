import { type Call, bodies, brief, filters, isSet, objectBody, type Result, shown } from './call.ts';
import type { Placed, Rule, Section } from './domain.ts';
import { duplicate } from './objects.ts';
import { pageOf } from './pages.ts';
import {
  about,
  invalid,
  isObject,
  type Json,
  type JsonObject,
  missing,
  textOf,
  unsupported,
} from './refusal.ts';
import { type Row, stored } from './table.ts';

const actions = [
  'ALLOW',
  'TRUST',
  'BLOCK',
  'MONITOR',
  'BLOCK_RESET',
  'BLOCK_INTERACTIVE',
  'BLOCK_RESET_INTERACTIVE',
];

/** Rules of an access policy. A list shows those that it inherits, too; only its own can be changed here. */
export function answerRules(call: Call, policy: Row): Result {
  const { request, parts, domain } = call;
  const acting = domain.actingRules(policy);
  const id = parts[4];
  if (parts[5] !== undefined) throw missing('path');
  if (request.method === 'GET') {
    if (id === undefined) return { status: 200, body: listed(call, acting) };
    const one = acting.find(({ rule }) => rule.id === id);
    if (!one) throw missing('rule');
    return { status: 200, body: show(call, one, acting) };
  }
  if (id === undefined && request.method === 'POST') return create(call, policy);
  if (request.method !== 'PUT' && request.method !== 'DELETE') throw unsupported(request.method);
  if (id === undefined && !isSet(request.query.get('bulk'))) throw unsupported(request.method);
  const rules = request.method === 'PUT' ? replace(call, policy) : remove(call, policy);
  const fresh = domain.actingRules(policy);
  const items = rules.map((rule) => show(call, { rule, policy }, fresh));
  return {
    status: 200,
    body: id === undefined ? { links: { self: request.path }, items } : (items[0] ?? {}),
  };
}

function listed(call: Call, acting: readonly Placed[]): JsonObject {
  const expanded = isSet(call.request.query.get('expanded'));
  const wanted = filters(call.request.query).get('ids')?.split(',');
  const rules = wanted ? acting.filter(({ rule }) => wanted.includes(rule.id)) : acting;
  return pageOf(call, rules, (one) => (expanded ? show(call, one, acting) : brief(call, one.rule)));
}

/** Numbers run through all that acts: the first rule is that of the outermost policy. */
function show(call: Call, { rule, policy }: Placed, acting: readonly Placed[]): JsonObject {
  const index = acting.findIndex((one) => one.rule.id === rule.id);
  return shown(call, rule, {
    ...(index < 0 ? {} : { ruleIndex: index + 1 }),
    section: rule.section ?? 'Default',
    accessPolicy: { id: policy.id, name: policy.name, type: 'AccessPolicy' },
  });
}

function create(call: Call, policy: Row): Result {
  const { domain, request } = call;
  const { bulk, list } = bodies(call);
  const own = domain.rules.get(policy.id) ?? [];
  const place = placeFor(call, policy, own);
  const names = new Set(domain.actingRules(policy).map(({ rule }) => rule.name));
  const fresh = list.map((body, index): Rule => {
    const rule = about(bulk ? index : undefined, () => ruleOf(call, body, names));
    names.add(rule.name);
    return { ...rule, section: place.section };
  });
  domain.rules.set(policy.id, own.toSpliced(place.at, 0, ...fresh));
  domain.outOfDate = true;
  const acting = domain.actingRules(policy);
  const items = fresh.map((rule) => show(call, { rule, policy }, acting));
  return { status: 201, body: bulk ? { links: { self: request.path }, items } : (items[0] ?? {}) };
}

/** At the end of its section, or beside a rule that is named by its number; `insertBefore` wins. */
function placeFor(
  { request, domain }: Call,
  policy: Row,
  own: readonly Rule[],
): { at: number; section: Section } {
  const { query } = request;
  const wanted = query.get('section')?.toLowerCase() ?? 'default';
  if (!['mandatory', 'default'].includes(wanted)) throw invalid('section must be mandatory or default.');
  const [before, after] = [query.get('insertBefore'), query.get('insertAfter')];
  if (before === null && after === null)
    return { at: own.length, section: wanted === 'default' ? 'Default' : 'Mandatory' };
  const beside = domain.actingRules(policy)[Number(before ?? after) - 1];
  const at = own.findIndex(({ id }) => id === beside?.rule.id);
  if (at < 0) throw invalid(`There is no rule ${before ?? after} in this policy.`);
  return { at: before === null ? at + 1 : at, section: own[at]?.section ?? 'Default' };
}

function replace(call: Call, policy: Row): Rule[] {
  const { domain, parts } = call;
  const own = domain.rules.get(policy.id) ?? [];
  const list = parts[4] === undefined ? bodies(call).list : [objectBody(call)];
  const partial = isSet(call.request.query.get('partialUpdate'));
  const names = new Set(domain.actingRules(policy).map(({ rule }) => rule.name));
  const fresh = new Map<string, Rule>();
  for (const [index, body] of list.entries())
    about(parts[4] === undefined ? index : undefined, () => {
      const before = own.find(({ id }) => id === textOf(body['id']));
      if (!before || (parts[4] ?? before.id) !== before.id) throw missing('rule');
      names.delete(before.name);
      const whole = partial ? { ...before.fields, ...body } : body;
      const rule = { ...before, ...ruleOf(call, whole, names), id: before.id };
      fresh.set(before.id, rule);
      names.add(rule.name);
    });
  domain.rules.set(
    policy.id,
    own.map((rule) => fresh.get(rule.id) ?? rule),
  );
  domain.outOfDate = true;
  return [...fresh.values()];
}

function remove({ domain, parts, request }: Call, policy: Row): Rule[] {
  const own = domain.rules.get(policy.id) ?? [];
  const ids = parts[4] === undefined ? filters(request.query).get('ids')?.split(',') : [parts[4]];
  if (ids === undefined) throw invalid('A filter is required.');
  const gone = own.filter(({ id }) => ids.includes(id));
  if (gone.length < new Set(ids).size) throw missing('rule');
  domain.rules.set(
    policy.id,
    own.filter((rule) => !gone.includes(rule)),
  );
  domain.outOfDate = true;
  return gone;
}

/** The description of a rule is not given back by the manager, so it is not kept. */
function ruleOf(call: Call, body: JsonObject, taken: ReadonlySet<string>): Row {
  const name = textOf(body['name']);
  if (name === '') throw invalid('The name of the rule is missing.');
  if (taken.has(name)) throw duplicate(call, name);
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

/**
 * A reference that leads nowhere, or that has another type than the object, is dropped without a word, or refused, as the switch says. A
 * rule that lost its only one stands for any.
 */
function references(call: Call, key: string, value: Json | undefined): Json | undefined {
  const kind = referencing[key];
  if (kind === undefined || !isObject(value)) return value;
  const objects = (Array.isArray(value['objects']) ? value['objects'] : []).flatMap((entry): JsonObject[] => {
    const { id, type } = isObject(entry) ? entry : {};
    const target = kind === 'network' ? call.domain.network(textOf(id)) : dynamicOf(call, textOf(id));
    if (target && (type === target.type || type === 'AnyNonEmptyString'))
      return [{ id: target.row.id, name: target.row.name, type: target.type }];
    if (call.manager.settings.behaviour.wrongReference === 'refused')
      throw invalid(`Invalid object reference ${textOf(id)}.`);
    return [];
  });
  return { ...value, objects };
}

function dynamicOf({ domain }: Call, id: string): { row: Row; type: string } | undefined {
  const row = domain.table('object/dynamicobjects').get(id);
  return row && { row, type: 'DynamicObject' };
}
