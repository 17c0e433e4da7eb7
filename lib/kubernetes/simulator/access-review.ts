import { type Answer, json } from './answer.ts';
import { type Access, isAllowed } from './authorization.ts';
import { isObject, textOf } from './model.ts';
import { badRequest, Refusal } from './refusal.ts';
import { type ApiRequest, readBody } from './request.ts';
import type { ObjectStore } from './store/object-store.ts';

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Answers a client that asks whether it may do something; undefined for other requests. Nothing is stored. */
export function answerAccessReview(
  request: ApiRequest,
  access: Access,
  store: ObjectStore,
): Answer | undefined {
  if (request.method !== 'POST' || request.path !== path) return undefined;
  // Only who is known has the role that allows to ask.
  if (access.identity.groups.includes('system:unauthenticated'))
    throw new Refusal(403, 'selfsubjectaccessreviews.authorization.k8s.io is forbidden', {
      reason: 'Forbidden',
    });
  const body = readBody(request);
  const spec = isObject(body) ? body['spec'] : undefined;
  const asked = isObject(spec) ? spec['resourceAttributes'] : undefined;
  if (!isObject(asked)) throw badRequest('spec.resourceAttributes is required');
  const { verb, group, resource, subresource, namespace, name } = asked;
  const below = textOf(subresource);
  const wish = {
    verb: textOf(verb),
    group: textOf(group),
    plural: below === '' ? textOf(resource) : `${textOf(resource)}/${below}`,
    namespace: textOf(namespace),
    name: textOf(name),
  };
  return json(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: { resourceAttributes: asked },
    status: { allowed: isAllowed(access, wish, store) },
  });
}
