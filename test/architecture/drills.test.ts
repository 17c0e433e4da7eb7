import { expect, test } from 'vitest';
import { articles } from '../../lib/cdk/monitoring.ts';
import { drills } from '../drills/drills.ts';

/** The fast half of the check; test/drills compares each single alarm of the templates. */
test('every article of the runbook has a drill of its alarm (test/drills/faults), and every drill an article', () => {
  const drilled = drills.map(({ alarm }) => articles.filter((article) => alarm.startsWith(`${article}-`)));
  expect(drilled.filter((found) => found.length !== 1)).toEqual([]);
  expect([...new Set(drilled.flat())].sort()).toEqual([...articles].sort());
});
