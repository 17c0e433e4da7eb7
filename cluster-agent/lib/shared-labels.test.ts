import { expect, test } from 'vitest';
import { SharedLabels } from './shared-labels.ts';

test('equal labels are one object, others are not', () => {
  const labels = new SharedLabels();
  const web = labels.shared({ app: 'web', team: 'red' });
  expect(labels.shared({ app: 'web', team: 'red' })).toBe(web);
  expect(labels.shared({ app: 'web', team: 'blue' })).toEqual({ app: 'web', team: 'blue' });
  expect(labels.shared({ app: 'web' })).toEqual({ app: 'web' });
  expect(web).toEqual({ app: 'web', team: 'red' });
});

test('pods that all differ are told apart, and do not fill it for ever', () => {
  const labels = new SharedLabels();
  const first = labels.shared({ job: '0' });
  for (let at = 1; at <= 5_000; at++) expect(labels.shared({ job: String(at) })).toEqual({ job: String(at) });
  const again = labels.shared({ job: '0' });
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
});
