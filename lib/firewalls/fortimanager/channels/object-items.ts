import type { ZonebridgeError } from '../../../core/errors.ts';
import { type AddressFamily, addressFamily } from '../../../core/model/address.ts';
import type { OpenReport } from '../../shared/attempt.ts';
import { addressName } from '../names.ts';

/** One address of one group that comes or goes. */
export interface Item {
  report: OpenReport;
  text: string;
  op: 'add' | 'remove';
  family: AddressFamily;
  /** Name of the member. */
  name: string;
  /** The address whose object of ours it is; undefined for a member that is not ours. */
  address: string | undefined;
  /** What the group leaves out, and is to match again. */
  isExcluded: boolean;
  error: ZonebridgeError | undefined;
}

/** Everything that a report asks for and that is an address, or the text of a member that is not ours. */
export function itemsOf(report: OpenReport, hub: string): Item[] {
  const { add, remove } = report.changes;
  const valid = add.filter((address) => !report.outcomes.has(address));
  const common = { report, isExcluded: false, error: undefined };
  const ours = (text: string, op: Item['op']): Item => ({
    ...common,
    text,
    op,
    family: addressFamily(text),
    name: addressName(hub, text),
    address: text,
  });
  return [
    ...valid.map((text) => ours(text, 'add')),
    ...remove.map((text): Item => {
      const stranger = parseStranger(text);
      return stranger
        ? { ...common, text, op: 'remove', ...stranger, address: undefined }
        : ours(text, 'remove');
    }),
  ];
}

/** How a member is told that is no object of ours (`object`), and what the group leaves out (`without`). */
export function strangerText(what: 'object' | 'without', family: AddressFamily, name: string): string {
  return `${what}${family === 4 ? '' : '6'}:${name}`;
}

/** What {@link strangerText} says; undefined for any other text. */
function parseStranger(text: string): Pick<Item, 'family' | 'name' | 'isExcluded'> | undefined {
  const match = /^(object|without)(6?):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, what, six, name = ''] = match;
  return { isExcluded: what === 'without', family: six === '6' ? 6 : 4, name };
}

/** What a group leaves out once the items match again. */
export function stillExcluded(excluded: readonly string[], items: readonly Item[]): string[] {
  return excluded.filter((name) => !items.some((item) => item.name === name));
}
