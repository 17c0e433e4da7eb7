import { expect, test } from 'vitest';
import { feedNameLength, objectName, objectNameLength } from './names.ts';

test.each([
  ['push', feedNameLength],
  ['objects', objectNameLength],
])('long names of groups over %s differ by what is cut off', (channel, longest) => {
  const named = ['a', 'b'].map((end) =>
    objectName({ hub: 'prod', group: `${'team-shop-payments-'.repeat(5)}${end}`, channel }),
  );
  expect(new Set(named).size).toBe(2);
  for (const name of named) expect(name.length).toBeLessThanOrEqual(longest);
});
