import { z } from 'zod';
import { type ApiObject, isObject, type JsonObject, textOf } from '../model.ts';
import { badRequest } from '../refusal.ts';
import { apiVersion, type Resource } from '../resource.ts';

const texts = z.record(z.string(), z.string());

/** Only the forms that this program relies on; what the kind says about the rest is left to it. */
const form = z.looseObject({
  metadata: z
    .looseObject({
      name: z.string().optional(),
      generateName: z.string().optional(),
      namespace: z.string().optional(),
      uid: z.string().optional(),
      resourceVersion: z.string().optional(),
      labels: texts.optional(),
      annotations: texts.optional(),
      ownerReferences: z
        .array(z.looseObject({ uid: z.string(), kind: z.string(), name: z.string() }))
        .optional(),
      finalizers: z.array(z.string()).optional(),
    })
    .default({}),
  spec: z.looseObject({}).optional(),
  status: z.looseObject({}).optional(),
});

/**
 * An object as a client sent it, without kind and apiVersion, and without null values, which mean absent.
 * Throws a refusal (400) when it is not of this kind.
 */
export function readObject(
  resource: Resource,
  input: unknown,
  place: { namespace: string; name?: string },
): ApiObject {
  if (!isObject(input)) throw badRequest(`the object provided is not a ${resource.kind}`);
  const { apiVersion: version, kind, ...rest } = withoutNulls(input);
  checkType(resource, kind, version);
  const parsed = form.safeParse(rest);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  const object = parsed.data as unknown as ApiObject;
  checkPlace(resource, object, place);
  return object;
}

function checkType(resource: Resource, kind: unknown, version: unknown): void {
  const expected = apiVersion(resource);
  if (version !== undefined && version !== expected) {
    throw badRequest(
      `the API version in the data (${textOf(version)}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== undefined && kind !== resource.kind) {
    throw badRequest(`${JSON.stringify(kind)} is not a ${resource.kind}`);
  }
}

function checkPlace(
  resource: Resource,
  { metadata }: ApiObject,
  place: { namespace: string; name?: string },
): void {
  metadata.name ??= '';
  if (resource.namespaced) metadata.namespace ??= place.namespace;
  else delete metadata.namespace;
  if (resource.namespaced && metadata.namespace !== place.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (place.name !== undefined && metadata.name !== place.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${place.name})`,
    );
  }
}

/** Without members that are null, at any depth. */
function withoutNulls(object: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(object)) {
    if (value === null) continue;
    if (Array.isArray(value)) kept[name] = value.map((one) => (isObject(one) ? withoutNulls(one) : one));
    else kept[name] = isObject(value) ? withoutNulls(value) : value;
  }
  return kept;
}
