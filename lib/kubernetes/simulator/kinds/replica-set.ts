import { type ApiObject, isObject, type JsonObject } from '../model.ts';
import type { Problem } from '../refusal.ts';
import type { Resource } from '../resource.ts';
import { checkPodSpec, fillPodSpec } from './pod.ts';

export const replicaSets: Resource = {
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  singular: 'replicaset',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  subresources: ['status', 'scale'],
  counted: true,
  prepare(set) {
    set.status = { replicas: 0 };
  },
  fill(set) {
    const spec = (set.spec ??= {});
    fillTemplate(spec);
    spec['replicas'] ??= 1;
  },
  validate: checkTemplate,
};

export function fillTemplate(spec: JsonObject): void {
  const template = spec['template'];
  const inner = isObject(template) ? template['spec'] : undefined;
  if (isObject(inner)) fillPodSpec(inner);
}

/** The template, and that the selector finds what it makes. */
export function checkTemplate({ spec }: ApiObject, old?: ApiObject): Problem[] {
  const problems: Problem[] = [];
  const selector = spec?.['selector'];
  const wanted = isObject(selector) && isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
  if (!isObject(selector)) {
    problems.push({ field: 'spec.selector', reason: 'FieldValueRequired', message: 'Required value' });
  }
  const template = isObject(spec?.['template']) ? spec['template'] : {};
  const metadata = isObject(template['metadata']) ? template['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    problems.push({
      field: 'spec.template.metadata.labels',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    });
  }
  if (old !== undefined && JSON.stringify(old.spec?.['selector']) !== JSON.stringify(selector)) {
    problems.push({
      field: 'spec.selector',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(selector)}: field is immutable`,
    });
  }
  const inner = isObject(template['spec']) ? template['spec'] : {};
  return [...problems, ...checkPodSpec(inner, 'spec.template.spec')];
}
