import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isObject, type Json, type JsonObject } from '../model.ts';
import { badRequest, Refusal } from '../refusal.ts';

const operation = z.object({
  op: z.enum(['add', 'remove', 'replace', 'move', 'copy', 'test']),
  path: z.string(),
  from: z.string().optional(),
  value: z.json().optional(),
});

/** RFC 6902. Throws a refusal: 400 for what is no patch, 422 when it does not fit the object. */
export function jsonPatch(target: JsonObject, patch: unknown): JsonObject {
  const parsed = z.array(operation).safeParse(patch);
  if (!parsed.success) throw badRequest(`error decoding patch: ${z.prettifyError(parsed.error)}`);
  const root: JsonObject = { '': structuredClone(target) };
  for (const { from, op, path, value = null } of parsed.data) {
    switch (op) {
      case 'test':
        if (!isDeepStrictEqual(read(root, path), value)) throw unfitting(`testing value ${path} failed`);
        break;
      case 'add':
        write(root, path, value, true);
        break;
      case 'replace':
        read(root, path);
        write(root, path, value, false);
        break;
      case 'remove':
        remove(root, path);
        break;
      case 'copy':
        write(root, path, structuredClone(read(root, from ?? '')), true);
        break;
      case 'move': {
        const moved = read(root, from ?? '');
        remove(root, from ?? '');
        write(root, path, moved, true);
        break;
      }
    }
  }
  const result = root[''];
  if (!isObject(result)) throw unfitting('the patch leaves no object');
  return result;
}

function unfitting(message: string): Refusal {
  return new Refusal(422, `the server rejected our request due to an error in our request: ${message}`, {
    details: {},
  });
}

function steps(path: string): { parents: string[]; last: string } {
  const parts = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { parents: parts.slice(0, -1), last: parts.at(-1) ?? '' };
}

function step(value: Json | undefined, name: string, path: string): Json {
  const next = Array.isArray(value) ? value[Number(name)] : isObject(value) ? value[name] : undefined;
  if (next === undefined) throw unfitting(`the path ${path} does not exist`);
  return next;
}

function read(root: JsonObject, path: string): Json {
  const { last, parents } = steps(path);
  return step(parentOf(root, parents, path), last, path);
}

function parentOf(root: JsonObject, parents: readonly string[], path: string): Json {
  return parents.reduce<Json>((value, name) => step(value, name, path), root);
}

function write(root: JsonObject, path: string, value: Json, inserts: boolean): void {
  const { last, parents } = steps(path);
  const parent = parentOf(root, parents, path);
  if (Array.isArray(parent)) {
    const at = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(at) || at < 0 || at > parent.length) throw unfitting(`no place ${path}`);
    parent.splice(at, inserts ? 0 : 1, value);
  } else if (isObject(parent)) {
    parent[last] = value;
  } else {
    throw unfitting(`the path ${path} does not exist`);
  }
}

function remove(root: JsonObject, path: string): void {
  read(root, path);
  const { last, parents } = steps(path);
  const parent = parentOf(root, parents, path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
}
