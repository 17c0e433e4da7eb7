import { type ApiAnswer, type ApiRequest, jsonAnswer } from '../../../simulators/http.ts';
import type { World } from './api.ts';
import { globalDomain } from './domain.ts';
import { type JsonObject, missing, unsupported } from './refusal.ts';
import { serverVersion } from './version.ts';

/** Logging in, and what needs no domain: `/api/fmc_platform/v1/...`. */
export function answerPlatform(request: ApiRequest, world: World): ApiAnswer {
  const { gate, manager } = world;
  const path = request.path.replace(/\/+$/, '').split('/').slice(4).join('/');
  const cloud = manager.settings.release === 'cdfmc';
  switch (`${request.method} ${path}`) {
    case 'POST auth/generatetoken':
    case 'POST auth/refreshtoken': {
      if (cloud) throw missing('path');
      const { behaviour } = manager.settings;
      const again = path.endsWith('refreshtoken');
      const { access, refresh } = again ? gate.refresh(request) : gate.logIn(request, behaviour);
      const pair = { 'X-auth-access-token': access, 'X-auth-refresh-token': refresh };
      const domains = again && behaviour.refreshHeaders === 'pair' ? {} : tokenHeaders(world);
      return { status: 204, headers: { ...domains, ...pair }, body: '' };
    }
    case 'GET info/serverversion':
      if (!cloud) gate.admit(request, manager.settings.behaviour);
      return jsonAnswer(200, listOf(request, [versionOf(world)]));
    case 'GET info/domain':
      if (!cloud) gate.admit(request, manager.settings.behaviour);
      return jsonAnswer(
        200,
        listOf(
          request,
          domainsOf(world).map((domain) => ({ ...domain, type: 'Domain' })),
        ),
      );
    default:
      if (path.startsWith('auth/')) throw unsupported(request.method);
      throw missing('path');
  }
}

function tokenHeaders(world: World): Record<string, string> {
  const { loginHeaders } = world.manager.settings.behaviour;
  const domains = domainsOf(world);
  if (loginHeaders === 'own-domain') return { DOMAIN_UUID: domains.at(-1)?.uuid ?? globalDomain };
  const list = JSON.stringify(domains);
  const told = loginHeaders === 'cut-off' ? list.slice(0, -1) : list;
  return { DOMAIN_UUID: globalDomain, DOMAINS: told, global: globalDomain };
}

function domainsOf({ manager }: World): { name: string; uuid: string }[] {
  return [...manager.domains.values()].map(({ name, uuid }) => ({ name, uuid }));
}

/** Assumption: a manager of one's own shows the same fields as the published form of the cloud. */
function versionOf({ manager }: World): JsonObject {
  const { release, serial, uuid, hostname, behaviour } = manager.settings;
  return {
    type: 'ServerVersion',
    serverVersion: serverVersion(release),
    geoVersion: '2026-10-01-002',
    vdbVersion: 'build 400 (2026-10-01 00:00:00)',
    sruVersion: '2026-10-01-001-vrt',
    lspVersion: 'lsp-rel-20261001-0000',
    ...(behaviour.identity === 'shown' ? { hostname, serialNumber: serial, uuid } : {}),
  };
}

function listOf(request: ApiRequest, items: readonly JsonObject[]): JsonObject {
  return {
    links: { self: request.path },
    items: [...items],
    paging: { offset: 0, limit: 25, count: items.length, pages: 1 },
  };
}
