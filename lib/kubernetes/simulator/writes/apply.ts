import { type Answer, shown } from '../answer.ts';
import type { Cluster } from '../cluster.ts';
import { type ApiObject, isObject, type Json, type JsonObject } from '../model.ts';
import { badRequest, Refusal } from '../refusal.ts';
import { apiVersion, type Resource } from '../resource.ts';
import type { Route } from '../route.ts';
import { parse, type Stored } from '../store/stored.ts';
import { conflictsOf, type FieldSet, fieldsOf, has, union, without } from './field-sets.ts';
import { readObject } from './incoming.ts';
import { listKey } from './list-keys.ts';
import { strategicPatch } from './strategic-patch.ts';

/**
 * Server-side apply: what the manager applies becomes so, what it applied before and no more is removed unless another
 * manager applied it, too, and what another manager applied with another value is a conflict (409) unless forced.
 * Only managers that apply own fields here; other writers own none.
 */
export function applyObject(
  patch: unknown,
  { name, namespace, resource, subresource }: Route,
  stored: Stored | undefined,
  { cluster, query }: { cluster: Cluster; query: URLSearchParams },
): Answer {
  const manager = query.get('fieldManager') ?? '';
  if (manager === '') throw withoutManager();
  if (!isObject(patch)) throw badRequest('the applied configuration is not an object');
  const applied = readObject(resource, patch, { namespace, name });
  const options = { subresource, dryRun: query.has('dryRun') };
  const wanted = fieldsOf(content(applied));
  if (!stored) {
    applied.metadata.managedFields = [entry(resource, manager, wanted, cluster.writer.time)];
    return shown(201, cluster.writer.create(resource, applied, options));
  }
  const live = parse(stored);
  const others = managers(live).filter((one) => one['manager'] !== manager);
  checkConflicts(live, { applied, others, force: query.get('force') === 'true' });
  const before = managers(live).find((one) => one['manager'] === manager)?.['fieldsV1'];
  const kept = union(others.map((one) => one['fieldsV1']));
  const dropped = without(without(isObject(before) ? before : {}, wanted), kept);
  const bare = removeFields(live as unknown as JsonObject, dropped);
  const next = strategicPatch(bare, content(applied)) as unknown as ApiObject;
  const remaining = others.map((one) => ({
    ...one,
    fieldsV1: without(one['fieldsV1'], differing(live, applied, wanted)),
  }));
  next.metadata.managedFields = [
    ...remaining,
    keepTime(live, entry(resource, manager, wanted, cluster.writer.time)),
  ];
  next.metadata.resourceVersion = applied.metadata.resourceVersion ?? String(stored.revision);
  return shown(200, cluster.writer.update(stored, next, options));
}

function withoutManager(): Refusal {
  const cause = { reason: 'FieldValueRequired', message: 'Required value', field: 'fieldManager' };
  return new Refusal(422, 'PatchOptions is invalid: fieldManager: Required value', {
    details: { group: 'meta.k8s.io', kind: 'PatchOptions', causes: [cause] },
  });
}

/** What an applied configuration says, without what only names the object. */
function content(object: ApiObject): JsonObject {
  const { metadata, ...rest } = object;
  const { name: _, namespace: __, uid: ___, resourceVersion: ____, managedFields: _____, ...own } = metadata;
  return { ...(rest as JsonObject), metadata: own as unknown as JsonObject };
}

function entry(resource: Resource, manager: string, fields: FieldSet, time: string): JsonObject {
  return {
    manager,
    operation: 'Apply',
    apiVersion: apiVersion(resource),
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
}

/** The same fields applied again are no change, so their time stays. */
function keepTime(live: ApiObject, fresh: JsonObject): JsonObject {
  const old = managers(live).find(({ manager }) => manager === fresh['manager']);
  const same = JSON.stringify(old?.['fieldsV1']) === JSON.stringify(fresh['fieldsV1']);
  return same ? { ...fresh, time: old?.['time'] ?? '' } : fresh;
}

function managers({ metadata }: ApiObject): (JsonObject & { fieldsV1: FieldSet })[] {
  return (metadata.managedFields ?? []).flatMap((one) => {
    const fields = one['fieldsV1'];
    return one['operation'] === 'Apply' && isObject(fields) ? [{ ...one, fieldsV1: fields as FieldSet }] : [];
  });
}

/** Fields whose value the application changes. */
function differing(live: ApiObject, applied: ApiObject, wanted: FieldSet): FieldSet {
  return conflictsOf(wanted, live as unknown as JsonObject, content(applied)).fields;
}

function checkConflicts(
  live: ApiObject,
  {
    applied,
    force,
    others,
  }: { applied: ApiObject; force: boolean; others: { manager?: Json; fieldsV1: FieldSet }[] },
): void {
  if (force) return;
  const causes = others.flatMap(({ fieldsV1, manager }) =>
    conflictsOf(fieldsV1, live as unknown as JsonObject, content(applied), true).paths.map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${JSON.stringify(manager)}`,
      field,
    })),
  );
  if (causes.length === 0) return;
  const list = causes.map(({ field, message }) => `${message}: ${field}`).join(', ');
  throw new Refusal(
    409,
    `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: ${list}`,
    {
      reason: 'Conflict',
      details: { causes },
    },
  );
}

/** The object without these fields; members of lists are found by their key. */
function removeFields(object: JsonObject, fields: FieldSet): JsonObject {
  const left: JsonObject = { ...object };
  for (const [path, inner] of Object.entries(fields)) {
    if (!path.startsWith('f:')) continue;
    const name = path.slice(2);
    const value = left[name];
    if (value === undefined) continue;
    if (Object.keys(inner).length === 0) delete left[name];
    else if (Array.isArray(value)) left[name] = removeMembers(name, value, inner);
    else if (isObject(value)) left[name] = removeFields(value, inner);
  }
  return left;
}

function removeMembers(field: string, list: Json[], fields: FieldSet): Json[] {
  const key = listKey(field, list);
  return list.flatMap((member): Json[] => {
    const name = key !== undefined && isObject(member) ? `k:${JSON.stringify({ [key]: member[key] })}` : '';
    const inner = fields[name];
    if (!isObject(member) || inner === undefined) return [member];
    return has(inner, '.') ? [] : [removeFields(member, inner)];
  });
}
