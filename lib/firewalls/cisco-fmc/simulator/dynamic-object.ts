import { type Call, filters } from './call.ts';
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

/** Those that the name or the filter of a call names; all of them without either. */
export function chosen({ request, domain }: Call): Row[] {
  const { query } = request;
  const wanted = filters(query);
  const name = query.get('name');
  const prefix = wanted.get('nameStartsWith');
  const ids = wanted.get('ids')?.split(',');
  const agent = wanted.get('agentId');
  return domain
    .table('object/dynamicobjects')
    .rows.filter(
      (row) =>
        (name === null || row.name === name) &&
        (prefix === undefined || row.name.startsWith(prefix)) &&
        (ids === undefined || ids.includes(row.id)) &&
        (agent === undefined || row.fields['agentId'] === agent) &&
        (wanted.get('unusedOnly') !== 'true' || domain.usersOf(row.id).length === 0),
    );
}
