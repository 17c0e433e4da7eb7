import ipaddr from 'ipaddr.js';
import type { Parameters } from './parameters.ts';
import { Refusal } from './refusal.ts';
import type { Entry, StoredList } from './stored-list.ts';

const perCall = 100;
const descriptionMax = 255;

/** Entries that a call adds or removes, by the name of its parameter. Refuses more than 100. */
export function entriesIn(parameters: Parameters, name: 'Entry' | 'AddEntry' | 'RemoveEntry'): Entry[] {
  const found = parameters.groups(name, 'Cidr').map(({ field }) => ({
    cidr: canonicalCidr(field('Cidr') ?? ''),
    description: field('Description'),
  }));
  if (found.length > perCall)
    throw new Refusal(
      'InvalidParameterValue',
      name === 'Entry'
        ? `The number of entries per request cannot exceeds limit (${perCall}).`
        : `A request cannot contain more than ${perCall} entry additions or removals.`,
    );
  for (const { description = '' } of found)
    if (description.length > descriptionMax)
      throw new Refusal('InvalidParameterValue', `The description exceeds ${descriptionMax} characters.`);
  return found;
}

/**
 * Entries of a list after a change. An entry that is there with the same description, and one to remove that is not there, are refused with
 * `InvalidPrefixListModification` (seen in reports of users); another description replaces the old one.
 */
export function changed(list: StoredList, add: readonly Entry[], remove: readonly Entry[]): Entry[] {
  const entries = new Map(list.entries().map((entry) => [entry.cidr, entry]));
  for (const { cidr } of remove) {
    if (add.some((one) => one.cidr === cidr))
      throw new Refusal(
        'InvalidParameterValue',
        `Request cannot contain Cidr ${cidr} in both AddPrefixListEntries and RemovePrefixListEntries`,
      );
    if (!entries.delete(cidr))
      throw new Refusal('InvalidPrefixListModification', `An entry with the CIDR (${cidr}) does not exist.`);
  }
  for (const entry of add) {
    checkFamily(list, entry.cidr);
    const known = entries.get(entry.cidr);
    if (known && known.description === entry.description)
      throw new Refusal(
        'InvalidPrefixListModification',
        `An entry with the CIDR (${entry.cidr}) and description (${entry.description}) already exists.`,
      );
    entries.set(entry.cidr, entry);
  }
  return [...entries.values()].sort((one, other) => (one.cidr < other.cidr ? -1 : 1));
}

export function checkFamily({ family }: Pick<StoredList, 'family'>, cidr: string): void {
  if (cidr.includes(':') === (family === 6)) return;
  throw new Refusal(
    'InvalidParameterValue',
    `The CIDR ${cidr} does not match the address family IPv${family}.`,
  );
}

/** Assumption: AWS clears the bits of the host and writes IPv6 in its short form. */
function canonicalCidr(text: string): string {
  try {
    const [address, bits] = ipaddr.parseCIDR(text);
    const network =
      address.kind() === 'ipv4'
        ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`)
        : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`);
    return `${network.kind() === 'ipv4' ? network.toString() : ipaddr.IPv6.parse(network.toString()).toRFC5952String()}/${bits}`;
  } catch {
    throw new Refusal(
      'InvalidParameterValue',
      `Value (${text}) for parameter cidr is invalid. This is not a valid CIDR block.`,
    );
  }
}
