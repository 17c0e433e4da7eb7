import type { ObjectNameRequest } from '../../core/firewall.ts';
import { checkedOverride, fitsRule, groupName, type NameRule } from '../shared/names.ts';

/** Longest name of a list: it is the last part of its URL, and a FortiGate keeps 511 characters of a URL, a PAN-OS firewall 255. */
export const listNameLength = 80;

const rule: NameRule = {
  alphabet: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  longest: listNameLength,
  refuses: (name) => name.includes('..'),
  refusal: (shown) =>
    `object name ${shown} does not fit a URL: up to ${listNameLength} letters, digits, dots, dashes and underscores`,
};

/** Name of a group's list, which fits a URL. Injective over hub and group. Throws `configuration/invalid`. */
export function objectName(request: ObjectNameRequest): string {
  if (request.override !== undefined) return checkedOverride(request.override, rule);
  return groupName(request, { longest: listNameLength });
}

/** Whether a list can have this name; also what a reader may ask for. */
export function isListName(name: string): boolean {
  return fitsRule(name, rule);
}
