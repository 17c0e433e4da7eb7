import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectNameRequest } from '../../core/firewall.ts';
import { quoted } from '../../core/model/quoted.ts';
import { checkedOverride, groupName, type NameRule } from '../shared/names.ts';

/**
 * Names of our objects. The forms are disjoint, because addresses and groups share a name space on the devices:
 *
 *   zb-<hub>.<group>              group, feed or tag, as it is: one dot, no underscore
 *   zb-<readable>_<16 hex>        one whose name had to be changed: no dot, one underscore
 *   zb-<hub>-10.1.2.3             IPv4 address: three dots, no underscore
 *   zb-<hub>-fd00-0-0-0-0-0-0-1   IPv6 address with all eight parts: neither
 *
 * The hosted file of a feed is called `<name>.<adom>.txt`, because files are shared by all ADOMs.
 */
export const objectNameLength = 79;

const overrides: NameRule = {
  alphabet: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  longest: objectNameLength,
  refusal: (shown) =>
    `object name ${shown} does not fit a FortiManager: up to ${objectNameLength} letters, digits, dots, dashes and underscores`,
};

/** Name of a group's object, the same over every channel. Injective over hub and group, also without regard to case. Throws `configuration/invalid`. */
export function objectName(request: ObjectNameRequest): string {
  if (request.override !== undefined) return checkedOverride(request.override, overrides);
  return groupName(request, { longest: objectNameLength });
}

/** The hosted file of a feed: firewalls fetch it as `fmg://<file>`. */
export function fileName(name: string, adom: string): string {
  return `${name}.${adom}.txt`;
}

/** Where the hosted file of a feed is set, read and deleted. Named by the ADOM, although all share the files: one that is not there is refused. */
export function feedUrl(adom: string, name: string): string {
  return `/pm/config/adom/${adom}/_external/resource/${inUrl(fileName(name, adom))}`;
}

/** Assumption: no source says whether names are compared with regard to case; names that differ only in case count as one. */
export { caselessKey as nameKey } from '../shared/names.ts';

/** The same address has one object, whatever groups it is in. */
export {
  addressOfHubName as addressOfName,
  hubAddressName as addressName,
  hubPrefix as addressPrefix,
} from '../shared/names.ts';

/**
 * A name as part of a URL: a slash in it is escaped. An empty name is refused: it would make a request about one object a request about
 * the table, and a `delete` of a table removes every row. So is one with a backslash: it is the sign that escapes, and no source says how
 * it is escaped itself, so that another object could be meant.
 */
export function inUrl(name: string): string {
  if (name.trim() === '' || /^\.+$/.test(name))
    throw new ZonebridgeError('configuration/invalid', `${quoted(name)} is no name of an object`);
  if (name.includes('\\'))
    throw new ZonebridgeError(
      'configuration/invalid',
      `${quoted(name)} holds a backslash, which no URL of the manager can name`,
    );
  return name.replaceAll('/', String.raw`\/`);
}
