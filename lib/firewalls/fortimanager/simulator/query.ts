import { invalidData, type Json, type JsonObject, textOf } from './refusal.ts';

/** Options of a `get` beside its URL. */
export interface Query {
  fields: string[] | undefined;
  filter: Json | undefined;
  range: [number, number] | undefined;
  options: string[];
  sortings: string[];
}

export function readQuery(param: JsonObject): Query {
  const { fields, filter, range, option, sortings } = param;
  return {
    fields: Array.isArray(fields) ? fields.flat().map(textOf) : undefined,
    filter: filter === null ? undefined : filter,
    range: Array.isArray(range) ? [Number(range[0]), Number(range[1])] : undefined,
    options: option === undefined ? [] : [option].flat().map(textOf),
    sortings: Array.isArray(sortings) ? sortings.flatMap((one) => Object.keys(one ?? {})) : [],
  };
}

/** Filter, order, page and fields, in this order. */
export function select(rows: readonly JsonObject[], query: Query): JsonObject[] {
  let found = rows.filter((row) => query.filter === undefined || matches(row, query.filter));
  const [by] = query.sortings;
  if (by !== undefined) found = [...found].sort((a, b) => (textOf(a[by]) < textOf(b[by]) ? -1 : 1));
  if (query.range) found = found.slice(query.range[0], query.range[0] + query.range[1]);
  return query.fields ? found.map((row) => only(row, query.fields ?? [])) : found;
}

function only(row: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(row).filter(([field]) => fields.includes(field) || field === 'name'),
  );
}

/** `["name","==","x"]`, or a list of such with `&&` and `||` between, evaluated from left to right. */
function matches(row: JsonObject, filter: Json): boolean {
  if (!Array.isArray(filter)) throw invalidData('filter');
  if (typeof filter[0] === 'string' && typeof filter[1] === 'string') return compares(row, filter);
  let result: boolean | undefined;
  let connector: Json = '&&';
  for (const part of filter) {
    if (part === '&&' || part === '||') {
      connector = part;
      continue;
    }
    const one = matches(row, part);
    if (result === undefined) result = one;
    else result = connector === '||' ? result || one : result && one;
  }
  return result ?? true;
}

function compares(row: JsonObject, [field, operator, ...values]: Json[]): boolean {
  const word = textOf(operator);
  if (word.startsWith('!') && word !== '!=') return !compares(row, [field ?? '', word.slice(1), ...values]);
  const stored = row[textOf(field)] ?? '';
  const [value = ''] = values;
  switch (word) {
    case '==':
      return JSON.stringify(stored) === JSON.stringify(value);
    case '!=':
      return JSON.stringify(stored) !== JSON.stringify(value);
    case 'in':
      return values.flat().some((one) => JSON.stringify(one) === JSON.stringify(stored));
    case 'contain':
      return [stored].flat().map(textOf).includes(textOf(value));
    case 'like':
      return like(textOf(stored), textOf(value));
    case '<=':
      return textOf(stored) <= textOf(value);
    case '>=':
      return textOf(stored) >= textOf(value);
    default:
      throw invalidData(`operator ${word}`);
  }
}

function like(text: string, pattern: string): boolean {
  const source = pattern.split('%').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${source.join('.*')}$`, 'i').test(text);
}
