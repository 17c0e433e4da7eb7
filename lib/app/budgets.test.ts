import { expect, test } from 'vitest';
import type { FirewallModule } from '../core/firewall.ts';
import { firewallModules } from '../firewalls/registry.ts';
import { allowedCalls, callsPerMinute } from './budgets.ts';
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
