import { answerAccessReview } from './access-review.ts';
import { type Answer, json, refused, shown, text } from './answer.ts';
import { type Access, checkRights } from './authorization.ts';
import type { Cluster } from './cluster.ts';
import { discover } from './discovery.ts';
import { filterOf } from './reads/selectors.ts';
import { apiVersion } from './resource.ts';
import { notFound, Refusal, unknownResource, wrongMethod } from './refusal.ts';
import { type ApiRequest, readBody } from './request.ts';
import { type Route, routeOf } from './route.ts';
import type { Stored } from './store/stored.ts';
import { answerSubresource } from './subresources.ts';
import { deleteObject, readDeleteOptions } from './writes/delete.ts';
import { readObject } from './writes/incoming.ts';
import { patchObject } from './writes/patch.ts';
import { parse } from './store/stored.ts';
import type { OpenWatch } from './watches.ts';

/** Answers one request of a client whose identity is known. */
export function answerApi(
  request: ApiRequest,
  context: { access: Access; cluster: Cluster; openWatch: OpenWatch; serverAddress: string },
): Answer {
  const { access, cluster } = context;
  try {
    const route = routeOf(request.path, cluster.resources);
    if (!route) {
      const review = answerAccessReview(request, access, cluster.store);
      if (review) return review;
      const found = discover(request, cluster.resources, context.serverAddress);
      if (found) return found;
      throw unknownResource();
    }
    checkRights(access, verbOf(request, route), route, cluster.store);
    if (route.subresource !== '' && route.subresource !== 'status') {
      return answerSubresource(request, route, access, cluster);
    }
    if (route.name === '') return answerCollection(request, route, cluster, context.openWatch);
    return answerObject(request, route, access, cluster);
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

export function isWatch(query: URLSearchParams): boolean {
  const watch = query.get('watch');
  return watch !== null && watch !== '0' && watch !== 'false';
}

function verbOf({ method, query }: ApiRequest, { name }: Route): string {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  if (name !== '') return 'get';
  return isWatch(query) ? 'watch' : 'list';
}

function answerCollection(request: ApiRequest, route: Route, cluster: Cluster, openWatch: OpenWatch): Answer {
  const { namespace, resource } = route;
  const { method, query } = request;
  const selection = () => ({ resource, namespace, filter: filterOf(query, fieldNames(route)), query });
  if (method === 'GET' || method === 'HEAD') {
    return isWatch(query) ? openWatch(selection()) : text(200, cluster.lists.page(selection()));
  }
  if (method === 'POST') {
    if (resource.namespaced && namespace === '') throw wrongMethod();
    const object = readObject(resource, readBody(request), { namespace });
    return shown(201, cluster.writer.create(resource, object, { dryRun: query.has('dryRun') }));
  }
  if (method !== 'DELETE') throw wrongMethod();
  const { filter } = selection();
  const options = readDeleteOptions(request.body === '' ? undefined : readBody(request), query);
  const found = cluster.store.of(resource).list(namespace).filter(filter);
  const items = found.map((stored) =>
    parse(deleteObject(cluster.store, stored, options, cluster.now()).last),
  );
  const metadata = { resourceVersion: String(cluster.store.revision) };
  return json(200, { kind: `${resource.kind}List`, apiVersion: apiVersion(resource), metadata, items });
}

/** What a field selector may name for this kind. */
function fieldNames({ resource }: Route): string[] {
  const own = resource.fields?.({
    metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
  });
  return ['metadata.name', ...(resource.namespaced ? ['metadata.namespace'] : []), ...Object.keys(own ?? {})];
}

function answerObject(request: ApiRequest, route: Route, access: Access, cluster: Cluster): Answer {
  const { name, namespace, resource, subresource } = route;
  const { method, query } = request;
  const stored = cluster.store.get(resource, name, namespace);
  const options = { subresource, dryRun: query.has('dryRun') };
  if (method === 'PATCH') return patchObject(request, route, stored, cluster);
  if (method === 'POST') throw wrongMethod();
  if (!stored && method === 'PUT' && resource.createdByUpdate === true) {
    checkRights(access, 'create', route, cluster.store);
    const { metadata, ...object } = readObject(resource, readBody(request), { namespace, name });
    const fresh = { ...object, metadata: { ...metadata, resourceVersion: '' } };
    return shown(201, cluster.writer.create(resource, fresh, options));
  }
  if (!stored) throw notFound(resource, name);
  switch (method) {
    case 'GET':
    case 'HEAD':
      return shown(200, stored);
    case 'PUT': {
      const object = readObject(resource, readBody(request), { namespace, name });
      return shown(200, cluster.writer.update(stored, object, options));
    }
    case 'DELETE':
      if (subresource !== '') throw wrongMethod();
      return answerDelete(request, stored, cluster);
    default:
      throw wrongMethod();
  }
}

function answerDelete(request: ApiRequest, stored: Stored, cluster: Cluster): Answer {
  const { resource } = stored;
  const options = readDeleteOptions(request.body === '' ? undefined : readBody(request), request.query);
  const { last } = deleteObject(cluster.store, stored, options, cluster.now());
  if (resource.deletionShowsObject) return shown(200, last);
  const { name, uid } = stored;
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, uid };
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}
