import type { Active } from '../../../simulators/frame.ts';
import { jsonAnswer, pageAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { answerApi } from './api.ts';
import type { Gate } from './access.ts';
import type { Device } from './device.ts';
import type { Fault } from './faults.ts';
import { buildNumber, formatVersion } from './version.ts';

export interface FaultyDevice {
  device: Device;
  gate: Gate;
  /** Copies for `stale` faults, by fault id. */
  frozen: ReadonlyMap<string, Device>;
}

/** Answers a request under the faults of a FortiGate that hit it: the first that answers counts. */
export function answerUnderFaults(
  request: ApiRequest,
  faults: readonly Active<Fault>[],
  target: FaultyDevice,
): ApiAnswer {
  let { device } = target;
  for (const fault of faults) {
    if (fault.kind === 'stale') device = target.frozen.get(fault.id) ?? device;
    const answer = faultAnswer(request, fault, target.device);
    if (answer) return answer;
  }
  const answer = answerApi(request, device, target.gate);
  return faults.some(({ kind }) => kind === 'reduced') ? withoutResults(answer) : answer;
}

function withoutResults(answer: ApiAnswer): ApiAnswer {
  const { results: _, ...rest } = JSON.parse(answer.body) as Record<string, unknown>;
  return jsonAnswer(answer.status, rest);
}

function faultAnswer(request: ApiRequest, fault: Fault, device: Device): ApiAnswer | undefined {
  if (fault.kind === 'unauthorized') {
    return pageAnswer(401, 'Authorization required', { 'www-authenticate': 'Bearer error="invalid_token"' });
  }
  if (fault.kind === 'forbidden') return jsonAnswer(403, envelope(request, device, { http_status: 403 }));
  if (fault.kind !== 'reject') return undefined;
  return jsonAnswer(
    fault.status,
    envelope(request, device, {
      http_status: fault.status,
      ...(fault.error === undefined ? {} : { error: fault.error }),
      ...(fault.cliError === undefined ? {} : { cli_error: fault.cliError }),
    }),
  );
}

function envelope(
  request: ApiRequest,
  device: Device,
  more: Record<string, unknown>,
): Record<string, unknown> {
  const [path = '', name = '', mkey] = request.path.split('/').slice(4).map(safeDecode);
  const { serial, version } = device.settings;
  return {
    http_method: request.method,
    ...more,
    ...(mkey === undefined ? {} : { mkey }),
    status: 'error',
    vdom: request.query.get('vdom') || device.managementVdom,
    path,
    name,
    serial,
    version: formatVersion(version),
    build: buildNumber(version),
  };
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
