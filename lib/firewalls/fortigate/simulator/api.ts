import { isAllowed } from './access.ts';
import type { Admission, Gate } from './access.ts';
import { readConfig } from './config-read.ts';
import { writeConfig } from './config-write.ts';
import type { Device } from './device.ts';
import { errorEnvelope } from './envelope.ts';
import type { Place } from './envelope.ts';
import { jsonAnswer, pageAnswer, pathParts } from '../../../simulators/http.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { answerLogin } from './login-api.ts';
import { answerTransaction, transactionOf } from './transaction-api.ts';
import { callMonitor, monitorResource } from './monitor-api.ts';
import { Refusal, missingEntry } from './refusal.ts';
import type { JsonObject } from './refusal.ts';
import { isOn } from './config-read.ts';

const configPrefix = '/api/v2/cmdb/';
const monitorPrefix = '/api/v2/monitor/';

interface Call {
  request: ApiRequest;
  device: Device;
  gate: Gate;
  admission: Admission;
  parts: string[];
}

/** Answers one request of the vendor's dialect. Everything it changes is changed before it returns. */
export function answerApi(request: ApiRequest, device: Device, gate: Gate): ApiAnswer {
  const login = answerLogin(request, gate, device.settings);
  if (login !== undefined) {
    return login;
  }
  const kind = [configPrefix, monitorPrefix].find((prefix) => `${request.path}/`.startsWith(prefix));
  if (kind === undefined) {
    return pageAnswer(404, 'Not found');
  }
  const globalSettings = device.vdom(device.managementVdom).table('system/global')?.rows.get('');
  const queryTokenEnabled = globalSettings?.values.get('rest-api-key-url-query') === 'enable';
  const profileOf = (user: string): string | undefined => device.apiUser(user)?.profile;
  const admission = gate.admit(request, { settings: device.settings, queryTokenEnabled, profileOf });
  if ('refused' in admission && admission.refused === 401) {
    return pageAnswer(401, 'Authorization required', { 'www-authenticate': 'Bearer error="invalid_token"' });
  }
  const parts = pathParts(`${request.path}/`, kind);
  if (parts === undefined) {
    return pageAnswer(400, 'Bad request');
  }
  const call: Call = { request, device, gate, admission, parts };
  const { vdoms, several } = chooseVdoms(request, device);
  const answers = vdoms.map((vdom) =>
    kind === configPrefix ? answerConfig(call, vdom) : answerMonitor(call, vdom),
  );
  const status = Math.max(...answers.map((answer) => answer.status));
  return jsonAnswer(status, several ? answers.map(({ body }) => body) : answers[0]?.body);
}

/** An empty or absent `vdom` is that of the transaction, or else the management VDOM; a list, `*` or `global=1` answers with one envelope each. */
function chooseVdoms(request: ApiRequest, device: Device): { vdoms: string[]; several: boolean } {
  const wanted = request.query.get('vdom') ?? '';
  if (wanted === '*') {
    return { vdoms: [...device.vdoms.keys()], several: true };
  }
  const ofTransaction = wanted === '' ? device.transactions.vdomOf(transactionOf(request)) : undefined;
  if (ofTransaction !== undefined) {
    return { vdoms: [ofTransaction], several: false };
  }
  if (wanted === '') {
    return { vdoms: [device.managementVdom], several: isOn(request.query.get('global')) };
  }
  const names = wanted.split(',');
  return { vdoms: names, several: names.length > 1 };
}

function answerConfig(call: Call, vdomName: string): { status: number; body: JsonObject } {
  const { request, device } = call;
  const [path = '', name = '', mkey, child, childKey, ...more] = call.parts;
  const place: Place = { method: request.method, vdom: vdomName, path, name, mkey };
  const vdom = device.vdoms.get(vdomName);
  const table = vdom?.table(`${path}/${name}`);
  return guarded(place, device, table?.revision, () => {
    // A VDOM that does not exist, like one the administrator may not see, gives 403.
    if (vdom === undefined) {
      throw new Refusal(403);
    }
    if (isTransaction(call)) {
      return answerTransaction(place, device, request);
    }
    if (table === undefined || more.length > 0 || call.parts.slice(2).includes('')) {
      throw missingEntry();
    }
    if (!isAllowed(call.admission, table.schema.right, request.method)) {
      throw new Refusal(403);
    }
    const target = { child, childKey, query: request.query };
    // Assumption: also in a transaction what is read is what is in force.
    if (request.method === 'GET') {
      return readConfig(place, vdom, table, target);
    }
    const { revision, schema } = table;
    const write = { id: transactionOf(request), vdom: vdomName, table: schema.path, revision };
    return device.transactions.write(device, write, (on) => {
      const there = on.vdom(vdomName);
      const asked = { ...target, key: mkey, body: request.body };
      return writeConfig(place, on, there, { table: there.table(schema.path) ?? table, target: asked });
    });
  });
}

function isTransaction({ parts, request }: Call): boolean {
  return parts.join('') === '' && (request.query.get('action') ?? '').startsWith('transaction-');
}

function answerMonitor(call: Call, vdomName: string): { status: number; body: JsonObject } {
  const { request, device, gate } = call;
  const resource = monitorResource(call.parts);
  const [path = '', name = ''] = resource?.parts ?? call.parts;
  const place: Place = { method: request.method, vdom: vdomName, path, name };
  return guarded(place, device, undefined, () => {
    const vdom = device.vdoms.get(vdomName);
    if (vdom === undefined) {
      throw new Refusal(403);
    }
    if (resource === undefined) {
      throw missingEntry();
    }
    if (!isAllowed(call.admission, resource.right, request.method)) {
      throw new Refusal(403);
    }
    return callMonitor(resource, { place, device, gate, vdom, query: request.query, body: request.body });
  });
}

function guarded(
  place: Place,
  device: Device,
  revision: string | undefined,
  run: () => JsonObject,
): { status: number; body: JsonObject } {
  try {
    return { status: 200, body: run() };
  } catch (error) {
    if (error instanceof Refusal) {
      return { status: error.status, body: errorEnvelope(place, device.settings, error, revision) };
    }
    throw error;
  }
}
