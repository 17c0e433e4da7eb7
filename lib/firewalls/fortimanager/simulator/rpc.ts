import { type ApiAnswer, type ApiRequest, jsonAnswer, pageAnswer } from '../../../simulators/http.ts';
import type { Gate } from './access.ts';
import type { Adom } from './adom.ts';
import { type Answered, type Call, urlParts } from './call.ts';
import { answerAssign } from './assign-api.ts';
import { answerConnector } from './connector-api.ts';
import { answerFiles } from './file-api.ts';
import { answerInstall } from './install-api.ts';
import type { Manager } from './manager.ts';
import { answerObjects } from './object-api.ts';
import {
  invalidData,
  invalidUrl,
  isObject,
  type Json,
  type JsonObject,
  noPermission,
  Refusal,
  textOf,
} from './refusal.ts';
import { packageIn } from './rule-tables.ts';
import { answerSystem } from './system-api.ts';
import { answerWhereUsed } from './where-used.ts';
import { answerWorkspace } from './workspace-api.ts';

/** A request as it was understood; undefined when it is no JSON-RPC of this dialect. */
export interface Rpc {
  id: Json | undefined;
  method: string;
  params: JsonObject[];
  session: Json | undefined;
  verbose: boolean;
}

const methods = new Set([
  'get',
  'add',
  'set',
  'update',
  'delete',
  'replace',
  'clone',
  'move',
  'unset',
  'exec',
]);

export function parseRpc(body: string): Rpc | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isObject(json)) return undefined;
  const { method, params, id, session, verbose } = json;
  const list = Array.isArray(params) ? params.filter(isObject) : [];
  if (typeof method !== 'string' || !methods.has(method) || list.length === 0) return undefined;
  return { id, method, params: list, session, verbose: verbose === 1 || verbose === true };
}

export interface Served {
  manager: Manager;
  gate: Gate;
  /** Instead of asking the manager: what a fault says about this element. */
  refuse?: (method: string, url: string) => Refusal | undefined;
  /** Which manager to ask instead, as a fault says. */
  shown?: (method: string, url: string) => Manager | undefined;
  /** What is left of the data of a success, as a fault says. */
  cut?: (url: string, data: Json) => Json | undefined;
}

/** Answers one request to `/jsonrpc`. */
export function answerRpc(request: ApiRequest, served: Served): ApiAnswer {
  if (request.path.replace(/\/+$/, '') !== '/jsonrpc' || request.method !== 'POST')
    return pageAnswer(404, 'Not found');
  const rpc = parseRpc(request.body);
  if (!rpc)
    return jsonAnswer(200, { id: null, result: [{ status: { code: -1, message: 'Invalid request' } }] });
  const { settings } = served.manager;
  if (rpc.params.length > settings.limits.elements)
    return jsonAnswer(200, { id: null, result: [{ status: { code: -1, message: 'Too many elements' } }] });
  let failed = false;
  let session: Json | undefined;
  const results = rpc.params.map((param): JsonObject => {
    const url = textOf(param['url'] ?? '');
    try {
      const refusal = served.refuse?.(rpc.method, url);
      if (refusal) throw refusal;
      const login = logIn(rpc, param, served);
      if (login !== undefined) session = login;
      const answered =
        login === undefined
          ? dispatch(request, rpc, param, {
              ...served,
              manager: served.shown?.(rpc.method, url) ?? served.manager,
            })
          : undefined;
      return { ...cutAs(served, url, answered), status: { code: 0, message: 'OK' }, url };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failed = true;
      return { status: { code: error.code, message: error.message }, url };
    }
  });
  const alone = settings.behaviour.result === 'object' && results.length === 1;
  const body = {
    ...(rpc.id === undefined ? {} : { id: rpc.id }),
    result: alone ? results[0] : results,
    // Failures carry the internal number of the session.
    ...(session === undefined ? (failed ? { session: 0 } : {}) : { session }),
  };
  return jsonAnswer(failed ? settings.behaviour.failureStatus : 200, body);
}

function cutAs({ cut }: Served, url: string, answered: Answered): Answered {
  if (answered?.data === undefined || !cut) return answered;
  const { data, ...others } = answered;
  const left = cut(url, data);
  return left === undefined ? others : { ...others, data: left };
}

/** The session of a login; undefined when it is none. Throws -22 for a wrong password, -11 without the right to use the interface. */
function logIn(rpc: Rpc, param: JsonObject, { manager, gate }: Served): string | undefined {
  if (rpc.method !== 'exec' || urlParts(textOf(param['url'])).join('/') !== 'sys/login/user')
    return undefined;
  const [data] = [param['data'] ?? null].flat();
  const { user, passwd } = isObject(data) ? data : {};
  const session = gate.logIn(textOf(user), textOf(passwd));
  if (!session) throw new Refusal(-22, 'Login fail');
  if (manager.settings.rpcPermit === 'none') throw noPermission();
  return session.id;
}

function dispatch(request: ApiRequest, rpc: Rpc, param: JsonObject, { manager, gate }: Served): Answered {
  const parts = urlParts(textOf(param['url'] ?? ''));
  const caller = gate.admit(request, rpc.session, manager.settings);
  if (parts.join('/') === 'sys/logout') {
    if (!caller) throw noPermission();
    if (gate.logOut(caller.id)) manager.endSession(caller.id);
    return undefined;
  }
  if (!caller || manager.settings.rpcPermit === 'none') throw noPermission();
  const call: Call = { method: rpc.method, parts, param, verbose: rpc.verbose, caller, manager, gate };
  if (manager.settings.rpcPermit === 'read' && writes(call)) throw noPermission();
  return route(call);
}

/** What needs `rpc-permit read-write`. */
function writes({ method, parts }: Call): boolean {
  if (method === 'get') return false;
  return !['connector/get/user', 'cache/search/where'].includes(parts.slice(0, 3).join('/'));
}

function route(call: Call): Answered {
  const [first, second, third = '', fourth, ...rest] = call.parts;
  if (first === 'connector') return answerConnector(call);
  if (first === 'securityconsole') return second === 'assign' ? answerAssign(call) : answerInstall(call);
  if (first === 'cache') return answerWhereUsed(call);
  if (first === 'pm' && second === 'config') return routeConfig(call);
  const isWorkspace = first === 'dvmdb' && second === 'adom' && fourth === 'workspace';
  if (isWorkspace && rest.length > 0) return answerWorkspace(call, call.manager.adom(third), rest);
  if (first === 'dvmdb' && second === 'global' && third === 'workspace' && fourth !== undefined)
    return answerWorkspace(call, call.manager.global, [fourth, ...rest]);
  return answerSystem(call);
}

/** `/pm/config/...`: hosted files, objects and packages of an ADOM. */
function routeConfig(call: Call): Answered {
  const [, , place, ...inside] = call.parts;
  const isGlobal = place === 'global';
  if (!isGlobal && place !== 'adom') throw invalidUrl();
  const [name = '', ...rest] = isGlobal ? ['', ...inside] : inside;
  const adom = isGlobal ? call.manager.global : call.manager.adom(name);
  const [kind = '', second, third] = rest;
  if (kind === '_external' && second === 'resource') return answerFiles(call, third);
  if (kind === '_package' && second === 'status') return packageStatus(call, adom);
  if (!['obj', 'pkg', 'pblock'].includes(kind)) throw invalidData('neither objects nor packages');
  return answerObjects(call, adom, kind === 'obj' && rest.length === 1 ? [] : rest);
}

function packageStatus({ manager, method }: Call, adom: Adom): Answered {
  if (method !== 'get' || adom.isGlobal) throw invalidUrl();
  // Meanwhile what nobody polls came to its end.
  if (manager.settings.behaviour.taskPolls >= 0) manager.tasks.finishAll();
  const packages = adom.paths().flatMap((path) => packageIn(path) ?? []);
  const states = adom.devices
    .filter(({ isNew }) => !isNew)
    .map((device) => ({
      dev: device.name,
      vdom: 'root',
      status: adom.pendingOn(device).length > 0 ? 'modified' : 'installed',
    }));
  return { data: packages.flatMap((pkg) => states.map((state) => ({ ...state, pkg }))) };
}
