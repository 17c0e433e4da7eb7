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
  error: ZonebridgeError | undefined;
}

/** Everything that a report asks for and that is an address, or the text of a member that is not ours. */
export function itemsOf(report: OpenReport, hub: string): Item[] {
  const { add, remove } = report.changes;
  const valid = add.filter((address) => !report.outcomes.has(address));
  const common = { report, error: undefined };
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

/** How a member is told that is no object of ours. */
export function strangerText(family: AddressFamily, name: string): string {
  return `${family === 4 ? 'object' : 'object6'}:${name}`;
}

/** What {@link strangerText} says; undefined for any other text. */
function parseStranger(text: string): { family: AddressFamily; name: string } | undefined {
  const match = /^object(6?):(.+)$/s.exec(text);
  return match ? { family: match[1] === '6' ? 6 : 4, name: match[2] ?? '' } : undefined;
}
