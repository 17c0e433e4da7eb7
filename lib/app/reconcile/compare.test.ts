import { expect, test } from 'vitest';
import { readLedger } from '../state/ledger.ts';
import { compare } from './compare.ts';

test('what another device lost is lost, also while the listing of the wish lags behind', () => {
  const key = 'web|default|10.1.0.1';
  const row = readLedger({ state: 'present', changedAt: 1, counted: true, fence: 1 });
  const ledger = new Map([[key, { key, realm: 'default', address: '10.1.0.1', row }]]);
  const none = new Set<string>();
  const comparison = {
    ledger,
    fresh: none,
    wanted: new Map<string, string>(),
    observed: none,
    edited: none,
    due: none,
  };
  expect(compare({ ...comparison, sameDevice: false })).toEqual([{ kind: 'lost', key }]);
  expect(compare({ ...comparison, sameDevice: true })).toEqual([{ kind: 'open', key }]);
});

test('what is held back from leaving an object that is not ours any more is lost, whatever it is held for', () => {
  const key = 'web|default|10.1.0.1';
  const none = new Set<string>();
  for (const heldReason of ['foreign-object', 'missing-object', 'shrink']) {
    const item = { state: 'present', changedAt: 1, counted: true, fence: 1, heldOp: 'remove', heldReason };
    const ledger = new Map([[key, { key, realm: 'default', address: '10.1.0.1', row: readLedger(item) }]]);
    const comparison = {
      ledger,
      fresh: none,
      wanted: new Map<string, string>(),
      observed: none,
      edited: none,
      due: none,
    };
    expect(compare({ ...comparison, sameDevice: true })).toEqual([{ kind: 'lost', key }]);
  }
});
