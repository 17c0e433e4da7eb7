import { apiVersion, type Resource } from './resource.ts';

const root = '/openapi/v3';

/**
 * OpenAPI as far as clients look at it before they write: which paths take which query parameters. Undefined for other
 * paths. There are no schemas: what is unknown in an object is kept.
 */
export function describeApi(path: string, resources: readonly Resource[]): unknown {
  const versions = [...new Set(resources.map(baseOf))];
  if (path === root) {
    const paths = versions.map((base) => [base, { serverRelativeURL: `${root}/${base}` }]);
    return { paths: Object.fromEntries(paths) as Record<string, unknown> };
  }
  const base = versions.find((one) => path === `${root}/${one}`);
  if (base === undefined) return undefined;
  const paths = resources
    .filter((resource) => baseOf(resource) === base)
    .map((resource) => pathOf(base, resource));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths: Object.fromEntries(paths) as Record<string, unknown>,
  };
}

function baseOf(resource: Resource): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersion(resource)}`;
}

function pathOf(base: string, { group, kind, namespaced, plural, version }: Resource): [string, unknown] {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }));
  const operation = {
    parameters,
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-group-version-kind': { group, version, kind },
  };
  const place = namespaced ? '/namespaces/{namespace}' : '';
  return [`/${base}${place}/${plural}/{name}`, { patch: { ...operation, 'x-kubernetes-action': 'patch' } }];
}
