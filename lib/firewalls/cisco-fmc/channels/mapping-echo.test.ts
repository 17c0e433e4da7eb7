import { expect, test } from 'vitest';
import { openReport } from '../../shared/attempt.ts';
import { type Sent, unrepeated } from './mapping-echo.ts';

const report = openReport({
  object: { group: 'web', name: 'zb-prod.web', channel: 'dynamic', create: 'own' },
  add: [],
  remove: [],
  expectedCount: 0,
});
const addresses = ['10.1.0.1', '10.1.0.2'];
const dynamicObject = { id: 'id-1', name: 'zb-prod.web' };
const sent: Sent[] = [
  { command: { report, op: 'add', addresses }, entry: { dynamicObject, mappings: addresses } },
];

function lost(answer: Record<string, unknown>): string[] {
  return [...unrepeated(sent, answer).values()].flatMap((set) => [...set]);
}

test('what the manager repeats is done', () => {
  expect(lost({ add: [{ dynamicObject, mappings: addresses }] })).toEqual([]);
  expect(lost({ add: [{ dynamicObject: { id: 'id-1' }, mappings: addresses }] })).toEqual([]);
  expect(lost({ add: addresses.map((one) => ({ dynamicObject, mappings: [one] })) })).toEqual([]);
});

test('what it leaves out, calls failed, or says of another object is not known to be done', () => {
  expect(lost({ add: [{ dynamicObject, mappings: ['10.1.0.2'] }] })).toEqual(['10.1.0.1']);
  expect(lost({ add: [] })).toEqual(addresses);
  for (const nothing of [{}, { links: {} }, { add: null }]) expect(lost(nothing)).toEqual(addresses);
  expect(lost({ remove: [{ dynamicObject, mappings: addresses }] })).toEqual(addresses);
  expect(lost({ add: [{ dynamicObject, mappings: addresses, status: 'FAILED' }] })).toEqual(addresses);
  expect(lost({ add: [{ dynamicObject: { ...dynamicObject, id: 'id-2' }, mappings: addresses }] })).toEqual(
    addresses,
  );
  expect(lost({ add: 'done' })).toEqual(addresses);
});
