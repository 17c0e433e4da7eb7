import type { ApiAnswer, ApiRequest } from '../../../simulators/http.ts';
import { jsonAnswer } from '../../../simulators/http.ts';
import { childrenNamed, type Element, textAt } from '../xml.ts';
import type { Administrator } from './access.ts';
import type { Device } from './device.ts';

const resources: Readonly<Record<string, string>> = {
  'Objects/Tags': 'tag',
  'Objects/AddressGroups': 'address-group',
  'Objects/Addresses': 'address',
};

/** `GET /restapi/v<version>/<resource>`. Assumption: the form of errors; no source gives it. */
export function answerRest(request: ApiRequest, device: Device, admin: Administrator): ApiAnswer {
  const [, version = '', resource = ''] = /^\/restapi\/v(\d+\.\d+)\/(.+)$/.exec(request.path) ?? [];
  if (admin.rest === 'disable') return failure(403, 16, 'Unauthorized');
  if (version !== device.facts.version.split('.').slice(0, 2).join('.'))
    return failure(400, 3, `Version ${version} is not supported`);
  const container = resources[resource];
  if (container === undefined || request.method !== 'GET') return failure(501, 1, 'Not implemented');
  const place = placeOf(request.query, device);
  if (place === undefined) return failure(400, 3, 'Invalid location');
  const name = request.query.get('name');
  const entries = device.config
    .read('candidate', `${place}/${container}/entry`)
    .filter((entry) => name === null || entry.attributes['name'] === name);
  if (name !== null && entries.length === 0) return failure(404, 5, 'Object Not Present');
  const count = String(entries.length);
  return jsonAnswer(200, {
    '@status': 'success',
    '@code': '19',
    result: { '@total-count': count, '@count': count, entry: entries.map(toRow) },
  });
}

function placeOf(query: URLSearchParams, device: Device): string | undefined {
  const base = "/config/devices/entry[@name='localhost.localdomain']";
  const { vsys, kind } = device.facts;
  const named = query.get('vsys') ?? query.get('device-group') ?? '';
  switch (query.get('location') ?? '') {
    case 'shared':
      return '/config/shared';
    case 'vsys':
      return kind === 'firewall' && vsys.includes(named) ? `${base}/vsys/entry[@name='${named}']` : undefined;
    case 'device-group':
      return device.deviceGroups.has(named) ? `${base}/device-group/entry[@name='${named}']` : undefined;
    default:
      return undefined;
  }
}

function toRow(entry: Element): Record<string, unknown> {
  const row: Record<string, unknown> = { '@name': entry.attributes['name'] };
  for (const field of ['comments', 'description', 'ip-netmask']) {
    const text = textAt(entry, field);
    if (text !== undefined) row[field] = text;
  }
  const filter = textAt(entry, 'dynamic', 'filter');
  if (filter !== undefined) row['dynamic'] = { filter };
  const members = entry.children.find(({ name }) => name === 'static');
  if (members) row['static'] = { member: childrenNamed(members, 'member').map(({ text }) => text) };
  return row;
}

function failure(status: number, code: number, message: string): ApiAnswer {
  return jsonAnswer(status, { code, message, details: [] });
}
