import { expect, test } from 'vitest';
import { readLedger } from '../state/ledger.ts';
import { compare, type Finding } from './compare.ts';

const key = 'web|default|10.1.0.1';
const state = { changedAt: 1, counted: true, fence: 1 };

/** What is found of one address that the ledger knows. */
function found(row: object, { wanted = false, observed = false, sameDevice = true } = {}): Finding['kind'][] {
  const entry = { key, realm: 'default', address: '10.1.0.1', row: readLedger({ ...state, ...row }) };
  const none = new Set<string>();
  const findings = compare({
    ledger: new Map([[key, entry]]),
    fresh: none,
    wanted: new Map(wanted ? [[key, 'one/pod|a']] : []),
    observed: new Set(observed ? [key] : []),
    edited: none,
    due: none,
    sameDevice,
  });
  return findings.map(({ kind }) => kind);
}

test('what another device lost is lost, also while the listing of the wish lags behind', () => {
  expect(found({ state: 'present' }, { sameDevice: false })).toEqual(['lost']);
  expect(found({ state: 'present' })).toEqual(['open']);
});

test.each(['foreign-object', 'missing-object', 'shrink'])(
  'what is held back from leaving an object that is not ours any more is lost (%s)',
  (heldReason) => {
    expect(found({ state: 'present', heldOp: 'remove', heldReason })).toEqual(['lost']);
  },
);

test.each([
  ['held for long', { heldOp: 'add', heldReason: 'growth' }],
  ['held for now', { heldOp: 'add', heldReason: 'max-members' }],
  ['refused', { failedCode: 'firewall/table-full' }],
  ['taken off', { withheldFor: 'one/pod|a' }],
])('what is there although the ledger says that its addition is %s', (_, more) => {
  const row = { state: 'absent', counted: false, ...more };
  expect(found(row, { observed: true, wanted: true })).toEqual(['there']);
  // An older state of a device brought it back, or a person put it there.
  expect(found(row, { observed: true })).toEqual(['foreign']);
});

test('a held removal of what is wanted again is looked at, a hold that stands is not', () => {
  const held = (heldOp: string) => ({
    state: heldOp === 'add' ? 'absent' : 'present',
    counted: heldOp === 'remove',
    heldOp,
    heldReason: 'growth',
  });
  expect(found(held('remove'), { observed: true, wanted: true })).toEqual(['open']);
  expect(found(held('remove'), { observed: true })).toEqual([]);
  expect(found(held('add'))).toEqual([]);
  expect(found(held('add'), { wanted: true })).toEqual([]);
});
