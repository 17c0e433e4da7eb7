/** Judges calls by IAM policies of templates, by the rules of the IAM user guide: an explicit deny wins, then an allow, else no. */

export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: unknown;
  Principal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** One call, with what conditions look at. */
export interface Call {
  action: string;
  resource: string;
  context?: Readonly<Record<string, string>>;
}

/** Turns references in templates into ARNs. */
export type Resolve = (value: unknown) => string;

type Decision = 'allow' | 'deny' | 'no';

export function decide(statements: readonly Statement[], call: Call, resolve: Resolve): Decision {
  const hits = statements.filter((statement) => applies(statement, call, resolve));
  if (hits.some(({ Effect }) => Effect === 'Deny')) return 'deny';
  return hits.some(({ Effect }) => Effect === 'Allow') ? 'allow' : 'no';
}

function applies(statement: Statement, call: Call, resolve: Resolve): boolean {
  if (statement.NotAction !== undefined) throw new TypeError('NotAction is not understood');
  const actions = list(statement.Action).map(String);
  if (!actions.some((action) => matches(action, call.action, true))) return false;
  if (!list(statement.Resource).some((resource) => matches(resolve(resource), call.resource))) return false;
  return Object.entries(statement.Condition ?? {}).every(([operator, terms]) =>
    Object.entries(terms).every(([key, wanted]) =>
      holds(operator, call.context?.[key], list(wanted).map(resolve)),
    ),
  );
}

/** Several values of one key are alternatives; a missing key fails every test but the negated ones. */
function holds(operator: string, found: string | undefined, wanted: readonly string[]): boolean {
  const equal = wanted.some((value) => value === found);
  const like = found !== undefined && wanted.some((value) => matches(value, found));
  switch (operator) {
    case 'StringEquals':
    case 'Bool':
      return equal;
    // A key that is missing fulfils it; the partitions of a row are always there.
    case 'ForAllValues:StringEquals':
      return found === undefined || equal;
    case 'StringNotEquals':
      return !equal;
    case 'StringLike':
    case 'ArnLike':
    case 'ArnEquals':
      return like;
    case 'ArnNotLike':
    case 'StringNotLike':
      return !like;
    default:
      throw new TypeError(`no rule for the condition ${operator}`);
  }
}

/** `*` stands for any signs, `?` for one; actions have no case. */
function matches(pattern: string, text: string, anyCase = false): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, anyCase ? 'is' : 's').test(text);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}
