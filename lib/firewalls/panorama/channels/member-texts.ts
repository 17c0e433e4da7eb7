import { canonicalAddress } from '../../../core/model/address.ts';
import { addressName } from '../address-names.ts';

/** A member that is no address of ours, in the texts of `observeMembers`. */
const foreignWord = 'object:';

/** Text for a member that is no address of ours. */
export function foreignText(name: string): string {
  return foreignWord + encodeURIComponent(name);
}

export function isForeignText(text: string): boolean {
  return text.startsWith(foreignWord);
}

/** Name of the member that a text of `observeMembers` stands for. */
export function nameOf(prefix: string, text: string): string {
  if (isForeignText(text)) return decodeURIComponent(text.slice(foreignWord.length));
  return addressName(prefix, canonicalAddress(text));
}
