import { isObject } from './refusal.ts';
import type { Json, JsonObject } from './refusal.ts';

type Test = (row: JsonObject) => boolean;

const expression = /^([^=!<>]+)(==|!=|=@|!@|<=|>=|<|>)(.*)$/s;

/** Makes one test of all `filter` parameters: a comma inside one means "or", several mean "and". */
export function compileFilters(filters: readonly string[]): Test {
  const all = filters.map((filter) => filter.split(',').map(compileOne));
  return (row) => all.every((any) => any.some((test) => test(row)));
}

function compileOne(text: string): Test {
  const match = expression.exec(text.trim());
  const [, path = '', operator = '', wanted = ''] = match ?? [];
  // Assumption: an expression that cannot be read matches nothing.
  if (match === null) {
    return () => false;
  }
  const negative = operator === '!=' || operator === '!@';
  return (row) => {
    const values = valuesAt(row, path.trim().split('.'));
    return negative
      ? values.every((value) => compare(value, operator, wanted))
      : values.some((value) => compare(value, operator, wanted));
  };
}

/** Values of a dotted path; a list on the way gives one value per entry. */
function valuesAt(value: Json | undefined, path: readonly string[]): Json[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) => valuesAt(item, path));
  }
  const [first, ...rest] = path;
  if (first === undefined) {
    return value === undefined ? [] : [value];
  }
  return isObject(value) ? valuesAt(value[first], rest) : [];
}

/** `==` ignores case, as the contract says. Order compares numbers as numbers and the rest as text. */
function compare(value: Json, operator: string, wanted: string): boolean {
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).toLowerCase();
  const other = wanted.toLowerCase();
  const difference =
    text !== '' && other !== '' && !Number.isNaN(Number(text)) && !Number.isNaN(Number(other))
      ? Number(text) - Number(other)
      : text < other
        ? -1
        : Number(text > other);
  switch (operator) {
    case '==':
      return text === other;
    case '!=':
      return text !== other;
    case '=@':
      return text.includes(other);
    case '!@':
      return !text.includes(other);
    case '<=':
      return difference <= 0;
    case '<':
      return difference < 0;
    case '>=':
      return difference >= 0;
    default:
      return difference > 0;
  }
}
