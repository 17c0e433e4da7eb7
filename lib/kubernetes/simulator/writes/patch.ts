import { type Answer, shown } from '../answer.ts';
import type { Cluster } from '../cluster.ts';
import { type ApiObject, isObject, type JsonObject } from '../model.ts';
import { badRequest, notFound, Refusal } from '../refusal.ts';
import { type ApiRequest, mediaType, readBody } from '../request.ts';
import type { Route } from '../route.ts';
import { parse, type Stored } from '../store/stored.ts';
import { applyObject } from './apply.ts';
import { readObject } from './incoming.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicPatch } from './strategic-patch.ts';

/** Answers a PATCH of whatever kind. Only an apply makes what is not there. */
export function patchObject(
  request: ApiRequest,
  route: Route,
  stored: Stored | undefined,
  cluster: Cluster,
): Answer {
  const { name, namespace, resource, subresource } = route;
  const options = { subresource, dryRun: request.query.has('dryRun') };
  const patch = readPatch(request);
  if (mediaType(request).startsWith('application/apply-patch')) {
    return applyObject(patch, route, stored, { cluster, query: request.query });
  }
  if (!stored) throw notFound(resource, name);
  const patched = patchJson(mediaType(request), parse(stored) as unknown as JsonObject, patch);
  const object = readObject(resource, patched, { namespace, name });
  return shown(200, cluster.writer.update(stored, versioned(object, stored, patch), options));
}

function readPatch(request: ApiRequest): unknown {
  const type = mediaType(request);
  if (!type.endsWith('patch+json') && !type.endsWith('patch+yaml')) {
    throw new Refusal(415, '415: Unsupported Media Type', { reason: 'UnsupportedMediaType', details: {} });
  }
  return readBody(request);
}

/** Applies a patch by its media type to any object. Throws a refusal (400, 415, 422). */
export function patchJson(type: string, target: JsonObject, patch: unknown): JsonObject {
  if (type === 'application/json-patch+json') return jsonPatch(target, patch);
  if (!isObject(patch)) throw badRequest('the patch is not an object');
  switch (type) {
    case 'application/merge-patch+json': {
      const merged = mergePatch(target, patch);
      return isObject(merged) ? merged : {};
    }
    case 'application/strategic-merge-patch+json':
      return strategicPatch(target, patch);
    default:
      throw new Refusal(415, '415: Unsupported Media Type', { reason: 'UnsupportedMediaType', details: {} });
  }
}

/** A patch that names no version is for whatever is there. */
function versioned(object: ApiObject, stored: Stored, patch: unknown): ApiObject {
  const metadata = isObject(patch) && isObject(patch['metadata']) ? patch['metadata'] : {};
  if (metadata['resourceVersion'] === undefined) object.metadata.resourceVersion = String(stored.revision);
  return object;
}
