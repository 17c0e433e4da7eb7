import { expect, test } from 'vitest';
import { answerError } from '../../lib/firewalls/cisco-fmc/envelope.ts';
import { statusError } from '../../lib/firewalls/fortimanager/errors.ts';
import { refusalError } from '../../lib/firewalls/panorama/errors.ts';

/** Words by which refusals are told apart, in the names of objects that a refusal repeats. */

test.each([
  [10, 'capacity-planner cannot be deleted because of references from: policy', 'firewall/object-in-use'],
  [7, 'No such object: maximum-web', 'firewall/object-missing'],
  [12, "invalid object: 'table-full'", 'firewall/rejected'],
  [12, 'the address table is full', 'firewall/table-full'],
  [13, 'Another commit/validate is in progress. Please try again later', 'firewall/busy'],
  [10, 'config lock for scope shared is currently locked by alice', 'firewall/busy'],
] as const)('PAN-OS code %i, %s', (code, text, expected) => {
  expect(refusalError({ call: 'delete', httpStatus: 200, code, text, write: true }).code).toBe(expected);
});

test.each([
  ['Object in use: standby-web is referenced and cannot be deleted.', 'firewall/object-in-use', undefined],
  ['Object in use: standby is referenced and cannot be deleted.', 'firewall/object-in-use', undefined],
  ['Duplicate Name: an object with the name payload-api already exists.', 'firewall/rejected', true],
  ['Configuration changes are not allowed on the standby FMC.', 'firewall/standby-unit', undefined],
  ['The payload holds an object that already exists.', 'firewall/rejected', undefined],
] as const)('FMC: %s', (description, expected, duplicate) => {
  const text = JSON.stringify({ error: { messages: [{ description }] } });
  const answer = { status: 400, text, retryAfterSeconds: undefined };
  const error = answerError(answer, { call: 'DELETE /x', write: true });
  expect([error?.code, error?.fields['duplicate']]).toEqual([expected, duplicate]);
});

test.each([
  [-10015, 'Object quota-web is used', 'firewall/object-in-use'],
  [-3, 'Object maximum number does not exist', 'firewall/object-missing'],
  [-1, 'no space left', 'firewall/table-full'],
  [-20055, 'Workspace is locked by other user', 'firewall/busy'],
  [-11, 'No permission, locked by other user', 'firewall/busy'],
] as const)('FortiManager status %i, %s', (code, message, expected) => {
  expect(statusError('delete', { code, message }).code).toBe(expected);
});
