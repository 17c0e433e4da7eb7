import { type ApiObject, isObject, type JsonObject, textOf } from '../model.ts';
import type { Problem } from '../refusal.ts';
import type { Resource } from '../resource.ts';

export const pods: Resource = {
  group: '',
  version: 'v1',
  plural: 'pods',
  singular: 'pod',
  kind: 'Pod',
  namespaced: true,
  shortNames: ['po'],
  subresources: ['status', 'eviction', 'binding'],
  deletionShowsObject: true,
  counted: true,
  prepare(pod) {
    const spec = (pod.spec ??= {});
    const fallback: JsonObject = {
      ...serviceAccount(spec),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: tolerateFailures,
    };
    pod.spec = { ...fallback, ...spec };
    pod.status = { phase: 'Pending', qosClass: qualityOf(spec) };
  },
  fill(pod) {
    fillPodSpec((pod.spec ??= {}));
  },
  validate(pod, old) {
    return [...checkPodSpec(pod.spec ?? {}, 'spec'), ...(old === undefined ? [] : checkChange(pod, old))];
  },
  fields({ spec, status }) {
    return {
      'spec.nodeName': textOf(spec?.['nodeName']),
      'spec.restartPolicy': textOf(spec?.['restartPolicy']),
      'spec.schedulerName': textOf(spec?.['schedulerName']),
      'spec.serviceAccountName': textOf(spec?.['serviceAccountName']),
      'spec.hostNetwork': String(spec?.['hostNetwork'] === true),
      'status.phase': textOf(status?.['phase']),
      'status.podIP': textOf(status?.['podIP']),
      'status.nominatedNodeName': textOf(status?.['nominatedNodeName']),
    };
  },
};

const tolerateFailures = ['not-ready', 'unreachable'].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function serviceAccount(spec: JsonObject): JsonObject {
  const name = spec['serviceAccountName'];
  return name === undefined ? {} : { serviceAccount: name };
}

/** Defaults of a pod and of a pod template. */
export function fillPodSpec(spec: JsonObject): void {
  for (const list of ['containers', 'initContainers']) {
    const containers = spec[list];
    for (const container of Array.isArray(containers) ? containers : []) {
      if (isObject(container)) fillContainer(container);
    }
  }
  if (spec['hostNetwork'] === false) delete spec['hostNetwork'];
  Object.assign(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
  });
}

function fillContainer(container: JsonObject): void {
  const image = textOf(container['image']);
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  const isLatest = tag === undefined ? !image.includes('@') : tag === 'latest';
  const ports = container['ports'];
  for (const port of Array.isArray(ports) ? ports : []) {
    if (isObject(port)) port['protocol'] ??= 'TCP';
  }
  Object.assign(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
    ...container,
  });
}

/** By requests and limits of the first container; sizes play no part here. */
function qualityOf(spec: JsonObject): string {
  const text = JSON.stringify(spec['containers'] ?? []);
  if (!/"(requests|limits)":\{"/.test(text)) return 'BestEffort';
  return 'Burstable';
}

export function checkPodSpec(spec: JsonObject, path: string): Problem[] {
  const containers = spec['containers'];
  if (!Array.isArray(containers) || containers.length === 0) {
    return [{ field: `${path}.containers`, reason: 'FieldValueRequired', message: 'Required value' }];
  }
  return containers.flatMap((container, index): Problem[] => {
    const place = `${path}.containers[${index}]`;
    const missing = (name: string): Problem[] =>
      isObject(container) && typeof container[name] === 'string' && container[name] !== ''
        ? []
        : [{ field: `${place}.${name}`, reason: 'FieldValueRequired', message: 'Required value' }];
    return [...missing('name'), ...missing('image')];
  });
}

/** What of a pod can be changed: images, tolerations, deadlines. Its node is set once. */
function checkChange(pod: ApiObject, old: ApiObject): Problem[] {
  if (JSON.stringify(fixedPart(pod)) === JSON.stringify(fixedPart(old))) return [];
  return [
    {
      field: 'spec',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: of a pod only images, tolerations and deadlines can be changed',
    },
  ];
}

function fixedPart({ spec }: ApiObject): unknown {
  const rest = { ...spec };
  for (const name of ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'])
    delete rest[name];
  const withoutImage = (containers: unknown) =>
    Array.isArray(containers)
      ? containers.map((one) => (isObject(one) ? sorted({ ...one, image: null }) : one))
      : containers;
  return sorted({
    ...rest,
    containers: withoutImage(rest['containers']) ?? null,
    initContainers: withoutImage(rest['initContainers']) ?? null,
  });
}

function sorted(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
