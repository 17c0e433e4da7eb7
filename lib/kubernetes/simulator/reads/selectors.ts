import { badRequest } from '../refusal.ts';
import type { Stored } from '../store/stored.ts';

export type Filter = (stored: Stored) => boolean;

interface Requirement {
  key: string;
  matches: (value: string | undefined) => boolean;
}

const everything: Filter = () => true;

/** Both selectors of a request as one filter. Throws a refusal for what cannot be read. */
export function filterOf(query: URLSearchParams, fieldNames: readonly string[]): Filter {
  const labels = labelRequirements(query.get('labelSelector') ?? '');
  const fields = fieldRequirements(query.get('fieldSelector') ?? '', fieldNames);
  if (labels.length === 0 && fields.length === 0) return everything;
  return (stored) =>
    labels.every(({ key, matches }) => matches(stored.labels[key])) &&
    fields.every(({ key, matches }) => matches(fieldOf(stored, key)));
}

export function selectsEverything(filter: Filter): boolean {
  return filter === everything;
}

function fieldOf(stored: Stored, key: string): string {
  if (key === 'metadata.name') return stored.name;
  if (key === 'metadata.namespace') return stored.namespace;
  return stored.fields[key] ?? '';
}

/** `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x,y)`, `a`, `!a`, joined by commas. */
function labelRequirements(text: string): Requirement[] {
  // Commas within parentheses belong to a list.
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(labelRequirement);
}

const key = '([A-Za-z0-9][A-Za-z0-9._/-]*)';
const setForm = new RegExp(`^${key}\\s+(in|notin)\\s*\\(([^)]*)\\)$`);
const equalForm = new RegExp(`^${key}\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
const hasForm = new RegExp(`^(!?)\\s*${key}$`);

function labelRequirement(part: string): Requirement {
  const set = setForm.exec(part);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    if (operator === 'in') return { key, matches: (value) => value !== undefined && values.has(value) };
    return { key, matches: (value) => value === undefined || !values.has(value) };
  }
  const equal = equalForm.exec(part);
  if (equal) {
    const [, key = '', operator, wanted] = equal;
    return { key, matches: (value) => (value === wanted) === (operator !== '!=') };
  }
  const has = hasForm.exec(part);
  if (!has) throw badRequest(`unable to parse requirement: ${JSON.stringify(part)}`);
  const [, not, key = ''] = has;
  return { key, matches: (value) => (value !== undefined) === (not === '') };
}

/** `a=b`, `a==b`, `a!=b`, joined by commas. */
function fieldRequirements(text: string, known: readonly string[]): Requirement[] {
  const parts = text.split(',').filter((part) => part !== '');
  return parts.map((part): Requirement => {
    const [, key = '', operator, wanted = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part) ?? [];
    if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    if (!known.includes(key)) throw badRequest(`field label not supported: ${key}`);
    return { key, matches: (value) => (value === wanted) === (operator !== '!=') };
  });
}
