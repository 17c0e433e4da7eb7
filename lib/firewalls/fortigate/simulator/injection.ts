import { setTimeout as sleep } from 'node:timers/promises';
import { answerApi } from './api.ts';
import type { Gate } from './access.ts';
import type { Device } from './device.ts';
import type { Fault } from './faults.ts';
import { jsonAnswer, pageAnswer } from '../../../simulators/http.ts';
import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import type { Reply } from '../../../simulators/server.ts';
import { buildNumber, formatVersion } from './version.ts';

export interface FaultyDevice {
  device: Device;
  gate: Gate;
  /** Copies for `stale` faults, by fault id. */
  frozen: ReadonlyMap<string, Device>;
  goDown(milliseconds: number): Promise<void>;
}

/** Answers a request under the faults that hit it: they act in the order they were set, the first answer counts. */
export async function answerUnderFaults(
  request: ApiRequest,
  faults: readonly Fault[],
  target: FaultyDevice,
): Promise<Reply> {
  let { device } = target;
  let loseReply = false;
  for (const fault of faults) {
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.milliseconds);
        break;
      case 'drop-after-commit':
        loseReply = true;
        break;
      case 'stale':
        device = target.frozen.get(fault.id) ?? device;
        break;
      case 'drop':
        return 'cut';
      case 'down':
        // Not awaited: it waits for this very connection to end.
        void target.goDown(fault.milliseconds);
        return 'cut';
      case 'reject':
      case 'throttle':
      case 'server-error':
      case 'login-page':
      case 'unauthorized':
      case 'forbidden':
        return faultAnswer(request, fault, target.device);
    }
  }
  const answer = answerApi(request, device, target.gate);
  return loseReply ? 'cut' : answer;
}

type AnsweringFault = Exclude<Fault, { kind: 'delay' | 'drop-after-commit' | 'stale' | 'drop' | 'down' }>;

function faultAnswer(request: ApiRequest, fault: AnsweringFault, device: Device): ApiAnswer {
  switch (fault.kind) {
    case 'throttle': {
      const seconds = fault.retryAfterSeconds;
      const headers: Record<string, string> = seconds === undefined ? {} : { 'retry-after': String(seconds) };
      return pageAnswer(429, 'Too many requests', headers);
    }
    case 'server-error':
      return pageAnswer(500, 'Internal server error');
    case 'login-page':
      return pageAnswer(200, 'Login');
    case 'unauthorized':
      return pageAnswer(401, 'Authorization required', {
        'www-authenticate': 'Bearer error="invalid_token"',
      });
    case 'forbidden':
      return jsonAnswer(403, envelope(request, device, { http_status: 403 }));
    case 'reject':
      break;
  }
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
