import { type Answer, json } from './answer.ts';
import { type Access, grantToken } from './authorization.ts';
import type { Cluster } from './cluster.ts';
import { pods } from './kinds/pod.ts';
import { isObject, type JsonObject, timestamp, textOf } from './model.ts';
import { badRequest, conflict, notFound, wrongMethod } from './refusal.ts';
import { type ApiRequest, mediaType, readBody } from './request.ts';
import type { Route } from './route.ts';
import { parse, type Stored } from './store/stored.ts';
import { deleteObject, readDeleteOptions } from './writes/delete.ts';
import { patchJson } from './writes/patch.ts';

/** Answers paths below an object other than its status. */
export function answerSubresource(
  request: ApiRequest,
  route: Route,
  access: Access,
  cluster: Cluster,
): Answer {
  const { name, namespace, resource, subresource } = route;
  const stored = cluster.store.get(resource, name, namespace);
  if (!stored) throw notFound(resource, name);
  if (subresource === 'scale') return answerScale(request, stored, cluster);
  if (request.method !== 'POST') throw wrongMethod();
  const body = readBody(request);
  switch (subresource) {
    case 'eviction':
      return evict(body, stored, cluster, request.query);
    case 'binding':
      return bind(body, stored, cluster);
    default:
      return issueToken(body, stored, access, cluster);
  }
}

function answerScale(request: ApiRequest, stored: Stored, cluster: Cluster): Answer {
  const { method } = request;
  if (method === 'GET') return json(200, scaleOf(stored));
  if (method !== 'PUT' && method !== 'PATCH') throw wrongMethod();
  const body = readBody(request);
  const scale = method === 'PUT' ? body : patchJson(mediaType(request), scaleOf(stored), body);
  const spec = isObject(scale) && isObject(scale['spec']) ? scale['spec'] : {};
  const replicas = Number(spec['replicas'] ?? 0);
  if (!Number.isInteger(replicas) || replicas < 0)
    throw badRequest('spec.replicas must be a number from 0 on');
  const object = parse(stored);
  const given =
    isObject(scale) && isObject(scale['metadata']) ? scale['metadata']['resourceVersion'] : undefined;
  if (typeof given === 'string' && given !== object.metadata.resourceVersion)
    throw conflict(stored.resource, stored.name);
  object.spec = { ...object.spec, replicas };
  return json(200, scaleOf(cluster.writer.update(stored, object)));
}

function scaleOf(stored: Stored): JsonObject {
  const { metadata, spec, status } = parse(stored);
  const selector = isObject(spec?.['selector']) ? spec['selector']['matchLabels'] : undefined;
  const pairs = isObject(selector)
    ? Object.entries(selector).map(([key, value]) => `${key}=${textOf(value)}`)
    : [];
  const { creationTimestamp, name, namespace = '', resourceVersion, uid } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec?.['replicas'] ?? 0 },
    status: { replicas: status?.['replicas'] ?? 0, selector: pairs.sort().join(',') },
  };
}

/** Nothing protects pods from disruption here, so an eviction is a deletion. */
function evict(body: unknown, stored: Stored, cluster: Cluster, query: URLSearchParams): Answer {
  const options = isObject(body) ? body['deleteOptions'] : undefined;
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' };
  const marked = cluster.writer.modify(
    stored,
    (pod) => {
      const conditions = pod.status?.['conditions'];
      const added = { ...condition, lastTransitionTime: cluster.writer.time };
      pod.status = { ...pod.status, conditions: [...(Array.isArray(conditions) ? conditions : []), added] };
    },
    'status',
  );
  deleteObject(cluster.store, marked ?? stored, readDeleteOptions(options, query), cluster.now());
  return created();
}

/** Puts a pod on a node, as a scheduler does. */
function bind(body: unknown, stored: Stored, cluster: Cluster): Answer {
  const target = isObject(body) && isObject(body['target']) ? body['target']['name'] : undefined;
  if (typeof target !== 'string') throw badRequest('target.name is required');
  if (!assign(stored, target, cluster))
    throw conflict(pods, stored.name, `pod ${stored.name} is already assigned to a node`);
  return created();
}

/** False when the pod has a node already or is gone. */
export function assign(pod: Stored, node: string, { store, writer }: Cluster): boolean {
  const current = store.of(pods).get(pod.key);
  if (!current || current.uid !== pod.uid || current.fields['spec.nodeName'] !== '') return false;
  const object = parse(current);
  const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: writer.time };
  object.spec = { ...object.spec, nodeName: node };
  object.status = { ...object.status, conditions: [condition] };
  store.put(pods, object);
  return true;
}

function created(): Answer {
  return json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

const issuer = 'https://kubernetes.default.svc';

/** A token of a service account, valid for as long as was asked for (10 minutes at least). */
function issueToken(body: unknown, stored: Stored, access: Access, cluster: Cluster): Answer {
  const spec = isObject(body) && isObject(body['spec']) ? body['spec'] : {};
  const seconds = Math.max(600, Number(spec['expirationSeconds'] ?? 3600));
  const expires = cluster.now() + seconds * 1000;
  const token = grantToken(access.tokens, stored, expires);
  const { name, namespace, uid } = stored;
  return json(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: timestamp(cluster.now()) },
    spec: { audiences: spec['audiences'] ?? [issuer], expirationSeconds: seconds },
    status: { token, expirationTimestamp: timestamp(expires) },
  });
}
