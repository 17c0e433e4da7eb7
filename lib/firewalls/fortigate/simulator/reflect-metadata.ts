/**
 * `@peculiar/x509` wires its parts with a container that refuses to load without the Reflect metadata functions.
 * It stores nothing in them that we use, so the three functions it calls are enough.
 */
interface MetadataReflect {
  getMetadata?: (key: unknown, target: object) => unknown;
  getOwnMetadata?: (key: unknown, target: object) => unknown;
  defineMetadata?: (key: unknown, value: unknown, target: object) => void;
}

const reflect = Reflect as MetadataReflect;
const stored = new WeakMap<object, Map<unknown, unknown>>();
const read = (key: unknown, target: object) => stored.get(target)?.get(key);

reflect.getMetadata ??= read;
reflect.getOwnMetadata ??= read;
reflect.defineMetadata ??= (key, value, target) => {
  const entries = stored.get(target) ?? new Map<unknown, unknown>();
  entries.set(key, value);
  stored.set(target, entries);
};
