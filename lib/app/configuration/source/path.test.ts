import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPath, parsePath } from './path.ts';

test('paths read like code', () => {
  expect(formatPath(['groups', 'shop', 'publish', 0, 'mode'])).toBe('groups.shop.publish[0].mode');
  expect(formatPath(['groups', 'a.b', 'select'])).toBe('groups["a.b"].select');
});

test('a formatted path is read back as it was, whatever its keys hold', () => {
  const step = fc.oneof(fc.string({ minLength: 1 }), fc.nat());
  fc.assert(
    fc.property(fc.array(step), (path) => {
      expect(parsePath(formatPath(path))).toEqual(path);
    }),
  );
});
