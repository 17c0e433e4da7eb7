import { ZonebridgeError } from '../../core/errors.ts';

/**
 * Merges maps and replaces single values, as a strategic merge does with them. Lists are refused: how they merge depends on the schema of
 * the field, and our features add objects and annotations only.
 */
export function mergePatch(target: unknown, patch: unknown, where: string): unknown {
  if (Array.isArray(patch) || patch === null) {
    const message = `${where}: a patch may hold neither lists nor null; add an object of its own instead`;
    throw new ZonebridgeError('configuration/invalid', message);
  }
  if (typeof patch !== 'object') return patch;
  const before: object = typeof target === 'object' && target !== null ? target : {};
  const merged = new Map<string, unknown>(Object.entries(before));
  for (const [name, value] of Object.entries(patch))
    merged.set(name, mergePatch(merged.get(name), value, where));
  return Object.fromEntries(merged);
}
