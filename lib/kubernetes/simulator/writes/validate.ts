import type { ApiObject } from '../model.ts';
import { invalid, type Problem } from '../refusal.ts';
import type { Resource } from '../resource.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = new RegExp(`^${label}(\\.${label})*$`);
const dnsLabel = new RegExp(`^${label}$`);
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Throws a refusal (422) that names everything that cannot be. */
export function validate(resource: Resource, object: ApiObject, old?: ApiObject): void {
  const { metadata } = object;
  const problems = [
    ...nameProblems(resource, metadata.name),
    ...labelProblems(metadata.labels ?? {}),
    ...annotationProblems(metadata.annotations ?? {}),
    ...(resource.validate?.(object, old) ?? []),
  ];
  if (problems.length > 0) throw invalid(resource, metadata.name, problems);
}

function wrong(field: string, value: string, rule: string): Problem {
  return { field, reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${rule}` };
}

function nameProblems(resource: Resource, name: string): Problem[] {
  const field = 'metadata.name';
  if (name === '') {
    return [
      { field, reason: 'FieldValueRequired', message: 'Required value: name or generateName is required' },
    ];
  }
  // Names of roles may hold nearly everything.
  if (resource.group === 'rbac.authorization.k8s.io') {
    return /[/%]/.test(name) ? [wrong(field, name, "may not contain '/' or '%'")] : [];
  }
  const isLabel = resource.plural === 'namespaces' || resource.plural === 'services';
  const [form, most] = isLabel ? [dnsLabel, 63] : [subdomain, 253];
  const what = isLabel ? 'label' : 'subdomain';
  const problems = form.test(name) ? [] : [wrong(field, name, `must be a lowercase RFC 1123 ${what}`)];
  return name.length > most
    ? [...problems, wrong(field, name, `must be no more than ${most} bytes`)]
    : problems;
}

function labelProblems(labels: Readonly<Record<string, string>>): Problem[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const field = 'metadata.labels';
    const problems = isQualified(key) ? [] : [wrong(field, key, 'must be a qualified name')];
    if (value.length > 63) problems.push(wrong(field, value, 'must be no more than 63 bytes'));
    else if (!labelValue.test(value)) problems.push(wrong(field, value, 'must be a valid label value'));
    return problems;
  });
}

function annotationProblems(annotations: Readonly<Record<string, string>>): Problem[] {
  return Object.keys(annotations)
    .filter((key) => !isQualified(key.toLowerCase()))
    .map((key) => wrong('metadata.annotations', key, 'must be a qualified name'));
}

/** `name` or `prefix/name`. */
function isQualified(key: string): boolean {
  const [name = '', prefix, more] = key.split('/').toReversed();
  if (more !== undefined || name.length > 63 || !labelName.test(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix));
}
