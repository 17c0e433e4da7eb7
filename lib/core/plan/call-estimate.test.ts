import { expect, test } from 'vitest';
import { estimateCalls } from './call-estimate.ts';

const bulk = { apply: 1, object: 0, add: 0.001, remove: 0.001 };
const single = { apply: 0, object: 1, add: 2, remove: 3 };

test.each([
  ['nothing to do', [{ calls: bulk, create: true, adopt: false, add: 0, remove: 0 }], 0, 0],
  ['a first fill in bulk', [{ calls: bulk, create: true, adopt: false, add: 5_000, remove: 0 }], 7, 0],
  [
    'two groups share what the channel takes once',
    [
      { calls: bulk, create: false, adopt: false, add: 1, remove: 0 },
      { calls: bulk, create: false, adopt: false, add: 0, remove: 1 },
    ],
    2,
    0,
  ],
  ['an object that changes hands', [{ calls: single, create: false, adopt: true, add: 1, remove: 0 }], 6, 0],
  ['one by one', [{ calls: single, create: true, adopt: false, add: 100, remove: 10 }], 232, 2],
])('%s', (_, groups, calls, minutes) => {
  expect(estimateCalls(groups, 120)).toEqual({ calls, callsPerMinute: 120, minutes });
});
