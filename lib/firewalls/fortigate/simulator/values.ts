import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { databaseRefusal } from './refusal.ts';
import type { Json } from './refusal.ts';
import type { ScalarField } from './schema.ts';
import { isAtLeast } from './version.ts';
import type { Version } from './version.ts';

const forbidden = /["'<>]/;

/** Checks a text against the characters and the length the device takes; `tooLong` is the error for the latter. */
export function checkText(name: string, value: Json, max: number, tooLong: number): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') {
    throw databaseRefusal(-651, `value of ${name} is not text`);
  }
  if (forbidden.test(text)) {
    throw databaseRefusal(
      -173,
      `the string of ${name} holds characters that are open to cross-site scripting`,
    );
  }
  if (text.length > max) {
    throw databaseRefusal(tooLong, `the string of ${name} is longer than ${max}`);
  }
  return text;
}

/**
 * Checks one value and gives it the form the device stores: `10.0.0.1/32` becomes `10.0.0.1 255.255.255.255`.
 * Throws a Refusal with the error number of the kind of mistake.
 */
export function storedValue(name: string, field: ScalarField, value: Json, version: Version): Json {
  switch (field.kind) {
    case 'text':
    case 'link':
      return checkText(name, value, field.max, -1);
    case 'uuid':
      return checkText(name, value, 36, -1);
    case 'choice': {
      const since = typeof value === 'string' && Object.hasOwn(field.values, value) && field.values[value];
      if (typeof since !== 'string' || !isAtLeast(version, since)) {
        throw databaseRefusal(-651, `value of ${name} is not one of its choices`);
      }
      return value;
    }
    case 'integer':
      return storedInteger(name, field, value);
    case 'subnet':
      return storedSubnet(value);
    case 'ipv4':
      if (typeof value !== 'string' || !isIPv4(value)) {
        throw databaseRefusal(-8, `bad address in ${name}`);
      }
      return value;
    case 'prefix6':
      return storedPrefix6(value);
    case 'opaque':
      break;
  }
  return value;
}

/** What a read shows when nothing was set. */
export function defaultValue(field: ScalarField): Json {
  return field.kind === 'uuid' ? '' : (field.default ?? '');
}

function storedInteger(
  name: string,
  field: { min: number; max: number; default: number },
  value: Json,
): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw databaseRefusal(-651, `value of ${name} is not a number`);
  }
  if ((number < field.min || number > field.max) && number !== field.default) {
    throw databaseRefusal(-650, `value of ${name} is not between ${field.min} and ${field.max}`);
  }
  return number;
}

/** Both `address/length` and `address mask` are taken. Host bits are cleared (Assumption: as the command line does). */
function storedSubnet(value: Json): string {
  const [address = '', mask = '255.255.255.255'] =
    typeof value === 'string' ? value.trim().split(/\s+|\//) : [];
  if (!isIPv4(address)) {
    throw databaseRefusal(-8, 'bad address');
  }
  const length = /^\d{1,2}$/.test(mask) ? Number(mask) : isIPv4(mask) ? maskLength(mask) : null;
  if (length === null || length > 32) {
    throw databaseRefusal(-9, 'bad netmask');
  }
  const network = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`);
  return `${network.toString()} ${ipaddr.IPv4.subnetMaskFromPrefixLength(length).toString()}`;
}

function maskLength(mask: string): number | null {
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask();
}

function storedPrefix6(value: Json): string {
  const [address = '', length = '128'] = typeof value === 'string' ? value.split('/') : [];
  if (!isIPv6(address) || address.includes('%')) {
    throw databaseRefusal(-255, 'bad IPv6 address');
  }
  if (!/^\d{1,3}$/.test(length) || Number(length) > 128) {
    throw databaseRefusal(-254, 'bad IPv6 prefix');
  }
  return `${ipaddr.IPv6.parse(address).toRFC5952String()}/${Number(length)}`;
}
