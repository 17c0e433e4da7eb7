import type { ApiRequest } from '../../../simulators/http.ts';
import type { Domain } from './domain.ts';
import type { Manager } from './manager.ts';
import { invalid, isObject, type Json, type JsonObject, Refusal } from './refusal.ts';
import type { Row } from './table.ts';

/** One request about a domain, let in already. */
export interface Call {
  request: ApiRequest;
  manager: Manager;
  domain: Domain;
  user: string;
  /** Path parts below the domain, such as `['object', 'hosts', '<id>']`. */
  parts: readonly string[];
}

/** What comes of a call. */
export interface Result {
  status: number;
  body: Json;
}

function bodyOf({ request, manager }: Pick<Call, 'request' | 'manager'>): Json {
  if (Buffer.byteLength(request.body) > manager.settings.limits.payload)
    throw new Refusal(422, 'The payload is larger than 2 MB.', 'FRAMEWORK');
  try {
    return JSON.parse(request.body) as Json;
  } catch {
    throw new Refusal(422, 'Unprocessable Entity: the payload is no valid JSON.', 'FRAMEWORK');
  }
}

export function objectBody(call: Pick<Call, 'request' | 'manager'>): JsonObject {
  const body = bodyOf(call);
  if (!isObject(body)) throw invalid('The payload must be an object.', 422);
  return body;
}

/** Elements of a bulk body, or the one object. */
export function bodies(call: Call): { bulk: boolean; list: JsonObject[] } {
  const bulk = isSet(call.request.query.get('bulk'));
  const body = bodyOf(call);
  const list = bulk ? body : [body];
  if (!Array.isArray(list) || !list.every((one) => isObject(one)))
    throw invalid(bulk ? 'A list was expected with bulk=true.' : 'The payload must be an object.', 422);
  if (list.length > call.manager.settings.limits.bulk)
    throw invalid(`The payload holds more than ${call.manager.settings.limits.bulk} entries.`, 422);
  return { bulk, list };
}

export function isSet(value: string | null): boolean {
  return value !== null && value.toLowerCase() === 'true';
}

/** Throws 422 for a field that an object of this kind does not have; a PUT must not even send back what was shown with it. */
export function refuseUnknown({ request }: Call, body: JsonObject, fields: readonly string[]): void {
  const shown = request.method === 'PUT' ? [] : ['links', 'metadata'];
  const odd = Object.keys(body).find((name) => ![...fields, ...shown].includes(name));
  if (odd !== undefined) throw invalid(`Unprocessable Entity: unrecognized field ${odd}.`, 422);
}

/**
 * `filter=key:value;key:value`; quotes around a value are taken off. Assumption: a key without a value counts as no filter, which makes a
 * deletion by an empty list of ids one of everything.
 */
export function filters(query: URLSearchParams): Map<string, string> {
  const parts = (query.get('filter') ?? '').replaceAll('"', '').split(';');
  return new Map(
    parts
      .filter((part) => part.includes(':'))
      .map(
        (part) =>
          [part.slice(0, part.indexOf(':')).trim(), part.slice(part.indexOf(':') + 1).trim()] as const,
      )
      .filter(([, value]) => value !== ''),
  );
}

/** Where this server is reached, as the client wrote it. */
export function origin({ headers }: ApiRequest): string {
  const host = headers['host'];
  return `https://${(Array.isArray(host) ? host[0] : host) ?? '127.0.0.1'}`;
}

/** An object as it is shown: everything with `expanded`, otherwise id, name, type and links. */
export function shown(call: Call, row: Row, more: JsonObject = {}): JsonObject {
  const { request, manager } = call;
  const path = request.path.replace(/\/+$/, '');
  const self = path.endsWith(`/${row.id}`) ? path : `${path}/${row.id}`;
  const blank = manager.settings.behaviour.emptyDescription === 'blank' ? { description: ' ' } : {};
  return {
    ...blank,
    ...row.fields,
    id: row.id,
    links: { self: `${origin(request)}${self}` },
    ...metadata(call, row, more),
  };
}

export function brief(call: Call, row: Row): JsonObject {
  const { id, name, type, links } = shown(call, row);
  return { id, name, type, links };
}

function metadata({ domain, manager }: Call, row: Row, more: JsonObject): JsonObject {
  const reason = row.system ? 'SYSTEM' : manager.settings.access === 'read' ? 'RBAC' : undefined;
  return {
    metadata: {
      timestamp: row.timestamp,
      lastUser: { name: row.user },
      domain: { id: domain.uuid, name: domain.name.replaceAll('/', ' \\ '), type: 'Domain' },
      ...(reason === undefined ? {} : { readOnly: { state: true, reason } }),
      ...more,
    },
  };
}
