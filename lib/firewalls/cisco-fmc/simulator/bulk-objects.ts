import { type Call, objectBody, type Result } from './call.ts';
import { answerDynamicObjects } from './dynamic-objects.ts';
import { invalid, isObject, type Json, type JsonObject, Refusal, textOf, unsupported } from './refusal.ts';

/** `object/bulkdynamicobjects` of newer contracts: 201 whatever happens, the outcome stands with each item. */
export function answerBulkObjects(call: Call): Result {
  if (call.request.method !== 'POST') throw unsupported(call.request.method);
  const body = objectBody(call);
  const add = (Array.isArray(body['add']) ? body['add'] : []).filter((one) => isObject(one));
  const removal = isObject(body['remove']) ? body['remove'] : {};
  const keys = keysOf(call, removal);
  const { bulk } = call.manager.settings.limits;
  if (add.length + keys.length > bulk) throw invalid(`The payload holds more than ${bulk} entries.`, 422);
  return {
    status: 201,
    body: {
      add: add.map((one) => attempt(one, () => single(call, 'POST', [], one))),
      remove: keys.map((key) => attempt({ id: key }, () => single(call, 'DELETE', [key], {}))),
    },
  };
}

function keysOf({ domain }: Call, { ids, names, agentIds }: JsonObject): string[] {
  const texts = (value: Json | undefined) => (Array.isArray(value) ? value.map(textOf) : []);
  const owned = domain
    .table('object/dynamicobjects')
    .rows.filter(({ fields }) => texts(agentIds).includes(textOf(fields['agentId'])))
    .map(({ id }) => id);
  return [...texts(ids), ...texts(names), ...owned];
}

function single(call: Call, method: string, key: readonly string[], body: JsonObject): Json {
  const request = { ...call.request, method, body: JSON.stringify(body), query: new URLSearchParams() };
  return answerDynamicObjects({ ...call, request, parts: ['object', 'dynamicobjects', ...key] }).body;
}

function attempt(what: JsonObject, work: () => Json): JsonObject {
  try {
    return { ...what, ...asObject(work()), status: 'SUCCESS' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...what, status: 'FAILED', statusMessage: error.message };
  }
}

function asObject(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
