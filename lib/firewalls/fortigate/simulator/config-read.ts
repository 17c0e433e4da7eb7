import { readEnvelope } from './envelope.ts';
import type { Place } from './envelope.ts';
import { compileFilters } from './filters.ts';
import { missingEntry, textOf } from './refusal.ts';
import type { JsonObject } from './refusal.ts';
import { exists, presentLink, presentLinks, presentRow } from './row.ts';
import type { Presentation, Row } from './row.ts';
import type { ConfigTable } from './table.ts';
import type { Vdom } from './vdom.ts';

/** GET of a table, a row, a list of a row, or one entry of such a list. */
export function readConfig(
  place: Place,
  vdom: Vdom,
  table: ConfigTable,
  target: { child?: string | undefined; childKey?: string | undefined; query: URLSearchParams },
): JsonObject {
  const { settings } = vdom;
  const { query } = target;
  if (query.get('action') === 'schema') {
    return readEnvelope(place, settings, { revision: table.revision, results: describe(table, vdom) });
  }
  const how = presentation(vdom, query);
  if (place.mkey === undefined && !table.schema.single) {
    return readRows(place, vdom, table, { how, query });
  }
  const row = table.rows.get(textOf(place.mkey));
  if (row === undefined) {
    throw missingEntry();
  }
  const { revision } = table;
  if (target.child === undefined) {
    const shown = withMeta(presentRow(row, table.schema, how), row, table, query);
    return readEnvelope(place, settings, { revision, results: table.schema.single ? shown : [shown] });
  }
  table.listField(target.child);
  const links = row.lists.get(target.child);
  if (target.childKey === undefined) {
    const results = presentLinks(links, how.datasource === true);
    return readEnvelope(place, settings, { revision, results });
  }
  if (!links?.has(target.childKey)) {
    throw missingEntry();
  }
  const link = presentLink(target.childKey, links.get(target.childKey), how.datasource === true);
  return readEnvelope(place, settings, { revision, results: [link] });
}

function readRows(
  place: Place,
  vdom: Vdom,
  table: ConfigTable,
  { how, query }: { how: Presentation; query: URLSearchParams },
): JsonObject {
  const filters = query.getAll('filter').filter((filter) => filter !== '');
  const pattern = query.get('pattern');
  if (query.get('key') !== null && pattern !== null) {
    filters.push(`${query.get('key')}==${pattern}`);
  }
  const matches = compileFilters(filters);
  const { fields: _, ...everything } = how;
  const rows =
    filters.length === 0
      ? [...table.rows.values()]
      : [...table.rows.values()].filter((row) => matches(presentRow(row, table.schema, everything)));
  sortRows(rows, table, query.get('sort'));
  const start = Math.max(0, Number(query.get('start') ?? 0) || 0);
  const count = Math.max(0, Number(query.get('count') ?? 0) || 0);
  const page = count === 0 ? rows.slice(start) : rows.slice(start, start + count);
  return readEnvelope(place, vdom.settings, {
    size: table.rows.size,
    matched_count: rows.length,
    next_idx: start + page.length,
    revision: table.revision,
    results: page.map((row) => withMeta(presentRow(row, table.schema, how), row, table, query)),
  });
}

function presentation(vdom: Vdom, query: URLSearchParams): Presentation {
  const format = query.get('format');
  return {
    version: vdom.settings.version,
    ...(format ? { fields: new Set(format.split('|')) } : {}),
    withoutDefaults: isOn(query.get('exclude-default-values')),
    datasource: isOn(query.get('datasource')),
  };
}

function sortRows(rows: Row[], table: ConfigTable, sort: string | null): void {
  const [field = '', direction] = sort?.split(',') ?? [];
  if (field === '') {
    return;
  }
  const value = (row: Row) => (field === table.schema.key ? row.key : textOf(row.values.get(field)));
  const sign = direction === 'dsc' ? -1 : 1;
  rows.sort((a, b) => sign * value(a).localeCompare(value(b), 'en', { numeric: true }));
}

function withMeta(shown: JsonObject, row: Row, table: ConfigTable, query: URLSearchParams): JsonObject {
  if (!isOn(query.get('with_meta'))) {
    return shown;
  }
  const [path = '', name = ''] = table.schema.path.split('/');
  return {
    ...shown,
    q_ref: table.references(row.key),
    q_static: row.predefined,
    q_no_rename: row.predefined,
    q_global_entry: false,
    q_type: 0,
    q_path: path,
    q_name: name,
    q_mkey_type: table.schema.key === 'policyid' ? 'integer' : 'string',
    q_no_edit: false,
  };
}

/** The table's own description, as clients ask for it to learn the name of the key. */
function describe(table: ConfigTable, vdom: Vdom): JsonObject {
  const [path = '', name = ''] = table.schema.path.split('/');
  const children: JsonObject = {};
  for (const [field, definition] of Object.entries(table.schema.fields)) {
    if (exists(definition, vdom.settings.version)) {
      children[field] =
        definition.kind === 'links'
          ? { name: field, category: 'table', mkey: 'name', mkey_type: 'string' }
          : {
              name: field,
              category: 'unitary',
              type: definition.kind === 'choice' ? 'option' : definition.kind,
            };
    }
  }
  return {
    path,
    name,
    category: table.schema.single ? 'complex' : 'table',
    ...(table.schema.single ? {} : { mkey: table.schema.key }),
    mkey_type: table.schema.key === 'policyid' ? 'integer' : 'string',
    children,
  };
}

export function isOn(value: string | null): boolean {
  return value === '1' || value === 'true' || value === 'enable';
}
