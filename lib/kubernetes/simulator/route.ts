import type { Resource } from './resource.ts';

/** What a path below the API means. */
export interface Route {
  resource: Resource;
  /** Empty when none is named. */
  namespace: string;
  /** Empty for a collection. */
  name: string;
  subresource: string;
}

/** Undefined for a path that is no object's or collection's. */
export function routeOf(path: string, resources: readonly Resource[]): Route | undefined {
  const parts = split(path);
  if (!parts || (parts[0] !== 'api' && parts[0] !== 'apis')) return undefined;
  const [group = '', version = ''] = parts[0] === 'api' ? ['', parts[1]] : parts.slice(1);
  const { namespace, rest } = inNamespace(parts.slice(parts[0] === 'api' ? 2 : 3));
  const [plural, name = '', subresource = '', more] = rest;
  const resource = resources.find(
    (one) => one.group === group && one.version === version && one.plural === plural,
  );
  if (!resource || more !== undefined) return undefined;
  const route = { resource, namespace, name, subresource };
  return exists(route) ? route : undefined;
}

/** `namespaces/x/pods` lies in a namespace; `namespaces/x` and `namespaces/x/status` are a namespace. */
function inNamespace(parts: string[]): { namespace: string; rest: string[] } {
  const [first, namespace = '', third] = parts;
  const isObject = third === undefined || third === 'status' || third === 'finalize';
  if (first !== 'namespaces' || isObject) return { namespace: '', rest: parts };
  return { namespace, rest: parts.slice(2) };
}

function exists({ name, namespace, resource, subresource }: Route): boolean {
  if (resource.namespaced ? namespace === '' && name !== '' : namespace !== '') return false;
  return subresource === '' || resource.subresources?.includes(subresource) === true;
}

function split(path: string): string[] | undefined {
  try {
    return path
      .replace(/^\/+|\/+$/g, '')
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
