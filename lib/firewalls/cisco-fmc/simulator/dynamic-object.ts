import type { Call } from './call.ts';
import { missing } from './refusal.ts';
import type { Row } from './table.ts';

/** By id, else by name: clients send either or both. */
export function dynamicObject({ domain }: Call, key: { id: string; name: string }): Row {
  const table = domain.table('object/dynamicobjects');
  const row = key.id === '' ? undefined : table.get(key.id);
  const named = row ?? (key.id === '' || key.id === key.name ? table.named(key.name) : undefined);
  if (!named) throw missing('dynamic object');
  return named;
}
