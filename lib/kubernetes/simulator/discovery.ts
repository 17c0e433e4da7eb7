import { type Answer, json, text } from './answer.ts';
import { describeApi } from './openapi.ts';
import { Refusal } from './refusal.ts';
import type { ApiRequest } from './request.ts';
import { apiVersion, type Resource } from './resource.ts';

/** The version this API behaves like; the real one of the sandbox has the same. */
const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.4+zonebridge-simulator',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'linux/amd64',
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What the API says about itself; undefined for other paths. */
export function discover(
  request: ApiRequest,
  resources: readonly Resource[],
  address: string,
): Answer | undefined {
  const path = request.path.replace(/\/+$/, '');
  const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');
  switch (path) {
    case '/healthz':
    case '/livez':
    case '/readyz':
      return text(200, 'ok', 'text/plain; charset=utf-8');
    case '/version':
      return json(200, version);
    case '/api':
      return json(200, {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
      });
    case '/apis':
      return json(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(describe) });
    default:
      break;
  }
  const group = groups.find((name) => path === `/apis/${name}`);
  if (group !== undefined) return json(200, { kind: 'APIGroup', apiVersion: 'v1', ...describe(group) });
  const served = resources.filter(
    (one) => path === `${one.group === '' ? '/api' : '/apis'}/${apiVersion(one)}`,
  );
  const [first] = served;
  if (first) {
    return json(200, {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: apiVersion(first),
      resources: served.flatMap(entries),
    });
  }
  const described = describeApi(path, resources);
  if (described) return json(200, described);
  const isServed = resources.some((one) => {
    const root = `${one.group === '' ? '/api' : '/apis'}/${apiVersion(one)}`;
    return path.startsWith(`${root}/`);
  });
  return isServed ? undefined : text(404, '404 page not found\n', 'text/plain; charset=utf-8');
}

function describe(name: string): { name: string; versions: unknown[]; preferredVersion: unknown } {
  const preferredVersion = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [preferredVersion], preferredVersion };
}

function entries({ kind, namespaced, plural, shortNames, singular, subresources = [] }: Resource): unknown[] {
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames ? { shortNames } : {}),
    ...(plural === 'pods' || plural === 'deployments' || plural === 'services' || plural === 'replicasets'
      ? { categories: ['all'] }
      : {}),
  };
  return [
    own,
    ...subresources.map((name) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...subresource(name, kind),
    })),
  ];
}

function subresource(name: string, kind: string): Record<string, unknown> {
  switch (name) {
    case 'scale':
      return { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] };
    case 'eviction':
      return { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
    case 'binding':
      return { kind: 'Binding', verbs: ['create'] };
    case 'token':
      return { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] };
    default:
      return { kind, verbs: ['get', 'patch', 'update'] };
  }
}

/** Answers in JSON alone. Throws a refusal (406) for a client that takes none. */
export function checkAccept(request: ApiRequest): void {
  const accept = String(request.headers['accept'] ?? '');
  if (accept === '' || /json|\*\/\*|application\/\*|text\/|yaml/.test(accept)) return;
  throw new Refusal(406, 'only the following media types are accepted: application/json');
}
