import { expect, test } from 'vitest';
import type { EndpointRecord } from '../../core/model/endpoint.ts';
import { inTurns } from './turns.ts';

test('who claims the same address comes one after the other, everybody else at once', () => {
  const [alive, dead, other, both] = [
    pod('alive', '10.0.0.1'),
    pod('dead', '10.0.0.1'),
    pod('other', '10.0.0.2'),
    pod('both', '10.0.0.2', '10.0.0.1'),
  ];
  const gone = { record: undefined };
  expect(inTurns([alive, gone, dead, other, both])).toEqual([[alive, gone, other], [dead], [both]]);
  expect(inTurns([])).toEqual([]);
});

function pod(uid: string, ...addresses: string[]): { record: EndpointRecord } {
  return {
    record: {
      kind: 'pod',
      uid,
      name: uid,
      namespace: 'shop',
      labels: {},
      namespaceLabels: {},
      addresses,
      hostNetwork: false,
    },
  };
}
