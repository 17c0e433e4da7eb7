import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { pageAnswer } from '../../../simulators/http.ts';
import { type Element, xmlText } from '../xml.ts';
import { type Administrator, type Gate, invalidCredentials, type XmlRight } from './access.ts';
import { Refusal, refused, result, success, xmlAnswer } from './answer.ts';
import { answerCommit } from './commit-api.ts';
import { answerConfig } from './config-api.ts';
import type { Device } from './device.ts';
import type { Fault } from './faults.ts';
import { runCommand } from './op.ts';
import { answerRest } from './rest-api.ts';
import { updateTags } from './user-id.ts';

/** Parameters of a call, from the body of a POST or from the query. */
function parametersOf(request: ApiRequest): URLSearchParams {
  return request.method === 'POST' ? new URLSearchParams(request.body) : request.query;
}

/** What a fault's `path` is compared with: the path with what says which call it is, without key and contents. */
export function urlOf(request: ApiRequest): string {
  if (!/^\/api\/?$/.test(request.path)) return `${request.path}?${request.query.toString()}`;
  const parameters = parametersOf(request);
  const shown = ['type', 'action', 'vsys', 'target']
    .filter((name) => parameters.has(name))
    .map((name) => `${name}=${parameters.get(name)}`);
  return `/api/?${shown.join('&')}`;
}

/** True for a call that changes something. */
export function isWrite(request: ApiRequest): boolean {
  const parameters = parametersOf(request);
  const type = parameters.get('type') ?? '';
  if (type === 'config') return !['get', 'show'].includes(parameters.get('action') ?? '');
  return type === 'user-id' || type === 'commit';
}

/** True for a call that shows configuration or tags, which a copy may show as they were. */
export function showsContent(request: ApiRequest): boolean {
  const parameters = parametersOf(request);
  if (parameters.get('type') === 'config') return !isWrite(request);
  return (parameters.get('cmd') ?? '').startsWith('<show><object>');
}

/** Answers one request of the vendor's dialect. Everything it changes is changed before it returns. */
export function answerApi(
  request: ApiRequest,
  device: Device,
  gate: Gate,
  faults: readonly Fault[],
): ApiAnswer {
  try {
    refuseByFault(request, faults);
    if (request.path.startsWith('/restapi/'))
      return answerRest(request, device, gate.admit(request, new URLSearchParams()));
    if (!/^\/api\/?$/.test(request.path)) return pageAnswer(404, 'Not found');
    const parameters = parametersOf(request);
    if (faults.some(({ kind }) => kind === 'lost-target')) parameters.delete('target');
    const answer =
      parameters.get('type') === 'keygen'
        ? keygen(gate, parameters)
        : answerType(request, { device, gate, parameters });
    if (faults.some(({ kind }) => kind === 'cut-list')) cutList(answer);
    if (faults.some(({ kind }) => kind === 'empty-result')) return xmlAnswer(success(undefined, result({})));
    return xmlAnswer(answer);
  } catch (error) {
    if (error instanceof Refusal) {
      const asCode = device.behaviour.deniedStatus === 'as-code' && (error.code ?? 0) >= 400;
      return refused(asCode ? new Refusal(error.code, error.message, error.code) : error);
    }
    throw error;
  }
}

function refuseByFault(request: ApiRequest, faults: readonly Fault[]): void {
  for (const fault of faults) {
    if (fault.kind === 'reject') throw new Refusal(fault.code, fault.text, fault.status);
    if (fault.kind === 'unauthorized') throw new Refusal(403, invalidCredentials);
    if (fault.kind === 'forbidden') throw new Refusal(16, 'Unauthorized request');
    if (fault.kind === 'session-timeout') throw new Refusal(22, 'Session timed out');
    if (fault.kind === 'passive' && isWrite(request)) throw passive();
  }
}

function passive(): Refusal {
  return new Refusal(15, 'Operation denied on passive peer');
}

function keygen(gate: Gate, parameters: URLSearchParams): Element {
  const { name } = gate.login(parameters.get('user') ?? '', parameters.get('password') ?? '');
  return success(undefined, result({}, xmlText('key', gate.makeKey(name))));
}

function answerType(
  request: ApiRequest,
  { device: asked, gate, parameters }: { device: Device; gate: Gate; parameters: URLSearchParams },
): Element {
  const admin = gate.admit(request, parameters);
  const type = parameters.get('type') ?? '';
  const device = targetOf(asked, parameters.get('target'));
  const vsys = parameters.get('vsys') ?? undefined;
  requireRight(admin, type);
  if (device.facts.role === 'passive' && isWrite(request)) throw passive();
  // Locks of a Panorama name a device group in the same parameter.
  if (
    vsys !== undefined &&
    device.facts.kind === 'firewall' &&
    vsys !== 'shared' &&
    !device.facts.vsys.includes(vsys)
  )
    throw new Refusal(12, `Invalid vsys ${vsys}`);
  switch (type) {
    case 'op':
      return runCommand({ device, vsys, user: admin.name }, parameters.get('cmd') ?? '');
    case 'user-id':
      return updateTags(device, vsys, parameters.get('cmd') ?? '');
    case 'config':
      return answerConfig(device, admin.name, parameters);
    default:
      return answerCommit(device, admin.name, parameters);
  }
}

function requireRight(admin: Administrator, type: string): void {
  const right = (['op', 'user-id', 'config', 'commit'] as const satisfies XmlRight[]).find(
    (one) => one === type,
  );
  if (right === undefined) throw new Refusal(400, `Illegal value for parameter "type" [${type}].`);
  if (!admin.xml.includes(right)) throw new Refusal(403, `Type [${type}] not authorized for user role.`);
}

/** A managed firewall by its serial number; one that is not connected cannot be asked. */
function targetOf(device: Device, target: string | null): Device {
  if (target === null) return device;
  const found = device.managed.get(target);
  if (!found?.facts.connected) throw new Refusal(undefined, `${target} not connected`);
  return found;
}

function cutList(answer: Element): void {
  const list = answer.children.find(({ name }) => name === 'result');
  const entries = list?.children.filter(({ name }) => name === 'entry') ?? [];
  if (list && entries.length > 0) list.children = list.children.filter((one) => one !== entries.at(-1));
}
