import { expect, test } from 'vitest';
import type { FirewallModule } from '../core/firewall.ts';
import { firewallModules } from '../firewalls/registry.ts';
import { type CallBudget, noCalls } from '../core/model/call-budget.ts';
import { allowedCalls, callsPerMinute, comparisonBudget, syncBudget } from './budgets.ts';
import type { FirewallConfiguration } from './configuration/model.ts';

const [module] = Object.values(firewallModules) as [FirewallModule];
const entry = (version: string, asked?: number): FirewallConfiguration =>
  ({ settings: { version }, callsPerMinute: asked }) as unknown as FirewallConfiguration;

test('the numbers of a module count, unless its settings give others', () => {
  const { callsPerMinute: usual, callsPerMinuteMost: most } = module.facts;
  expect(allowedCalls(module, { version: '1' })).toEqual({ usual, most });
  const byVersion: FirewallModule = {
    ...module,
    callsPerMinute: (settings) =>
      (settings as { version: string }).version === '2'
        ? { usual: 240, most: 300 }
        : { usual: 96, most: 120 },
  };
  expect(callsPerMinute(byVersion, entry('1'))).toBe(96);
  expect(callsPerMinute(byVersion, entry('2'))).toBe(240);
  expect(callsPerMinute(byVersion, entry('1', 1_000))).toBe(120);
  expect(callsPerMinute(byVersion, entry('2', 30))).toBe(30);
});

test('entries of one device share its calls, whoever of them called', () => {
  const now = 1_000_000;
  const comparisons = { calls: noCalls, until: 0 };
  const budgets: CallBudget[] = [];
  for (const at of [0, 1]) {
    const siblings = () => budgets.filter((_, index) => index !== at).map(({ counts }) => counts);
    budgets.push(syncBudget(120, { own: noCalls, comparisons, siblings, now }));
  }
  const [one, two] = budgets as [CallBudget, CallBudget];
  for (let call = 0; call < 80; call++) expect(one.take(now)).toBe(0);
  expect(two.left(now)).toBe(40);
  for (let call = 0; call < 40; call++) expect(two.take(now)).toBe(0);
  expect([one.take(now), two.take(now)].every((wait) => wait > 0)).toBe(true);
  const compared = comparisonBudget(120, { own: noCalls, runs: [one.counts, two.counts] });
  expect(compared.left(now)).toBe(0);
  expect(two.left(now + 70_000)).toBe(120);
});
