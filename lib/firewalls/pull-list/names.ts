import { ZonebridgeError } from '../../core/errors.ts';
import { digest } from '../../core/model/content-hash.ts';

/** Longest name of a list: it is the last part of its URL, and a FortiGate keeps 511 characters of a URL, a PAN-OS firewall 255. */
export const listNameLength = 80;

const plain = /^[a-z0-9-]+$/;
const alphabet = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const hashDigits = 16;

/** `zb-<hub>.<group>`, or `zb-<readable>_<16 hex>` for a group whose name does not fit a URL. Injective. Throws `configuration/invalid`. */
export function objectName(request: { hub: string; group: string; override?: string | undefined }): string {
  const { hub, group, override } = request;
  if (override !== undefined) return checkedOverride(override);
  const name = `zb-${hub}.${group}`;
  if (plain.test(hub) && plain.test(group) && name.length <= listNameLength) return name;
  const hash = digest(JSON.stringify([hub, group])).slice(0, hashDigits);
  const readable = group
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, listNameLength - 'zb-'.length - hashDigits - 1);
  return `zb-${readable}_${hash}`;
}

function checkedOverride(name: string): string {
  if (isListName(name)) return name;
  throw new ZonebridgeError(
    'configuration/invalid',
    `object name ${JSON.stringify(name.slice(0, 100))} does not fit a URL: up to ${listNameLength} letters, digits, dots, dashes and underscores`,
  );
}

/** Whether a list can have this name; also what a reader may ask for. */
export function isListName(name: string): boolean {
  return name.length <= listNameLength && alphabet.test(name) && !name.includes('..');
}
