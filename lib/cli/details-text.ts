import { utcTime } from './when.ts';

/** Elements of a list that a line shows. */
const shownMax = 5;

const labels: Readonly<Record<string, string>> = {
  addresses: '',
  changes: '',
  outcome: '',
  expiresAt: 'until',
  previous: 'previous generation',
};

/** What an action was about, as a person reads it; `--json` has it as it was recorded. */
export function detailsText(details: Readonly<Record<string, unknown>>): string {
  return Object.entries(details)
    .map(([name, value]) => {
      const text =
        name === 'expiresAt' && typeof value === 'number' ? `${utcTime(value)} UTC` : valueText(value);
      return text === '' ? '' : `${labels[name] ?? name} ${text}`.trim();
    })
    .filter((text) => text !== '')
    .join('; ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return listText(value);
  if (typeof value === 'object' && value !== null) return fieldsText({ ...value });
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}

/** A list that was too long for its record ends with how many it lacks. */
function listText(list: readonly unknown[]): string {
  const last = list.at(-1);
  const [, cut] = (typeof last === 'string' && /^and (\d+) more$/.exec(last)) || [];
  const all = cut === undefined ? list : list.slice(0, -1);
  const more = Math.max(0, all.length - shownMax) + Number(cut ?? 0);
  const shown = all.slice(0, shownMax).map(valueText).join(', ');
  return more === 0 ? shown : `${shown} and ${more} more`;
}

/** A held change, what an apply released, or anything else by the names of its fields. */
function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const { op, address, group, reason, firewall, add, remove, held } = fields;
  if (op !== undefined && address !== undefined)
    return `${valueText(op)} ${valueText(address)} of ${valueText(group)} (${valueText(reason)})`;
  if (add !== undefined && remove !== undefined)
    return `${valueText(group)} on ${valueText(firewall)} (add ${valueText(add)}, remove ${valueText(remove)}, held ${valueText(held)})`;
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(' ');
}
