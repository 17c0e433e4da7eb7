import { expect, test } from 'vitest';
import type { FirewallModule } from '../core/firewall.ts';
import { firewallModules } from '../firewalls/registry.ts';
import { allowedCalls, callsPerMinute } from './budgets.ts';
import type { FirewallConfiguration } from './configuration/model.ts';

const [module] = Object.values(firewallModules) as [FirewallModule];
const entry = (version: string, asked?: number, address = 'a'): FirewallConfiguration =>
  ({
    kind: module.kind,
    settings: { version, address, port: 443 },
    callsPerMinute: asked,
  }) as unknown as FirewallConfiguration;

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
  const modules = { [module.kind]: byVersion };
  const alone = (one: FirewallConfiguration) => callsPerMinute(modules, { firewalls: { one } }, one);
  expect(alone(entry('1'))).toBe(96);
  expect(alone(entry('2'))).toBe(240);
  expect(alone(entry('1', 1_000))).toBe(120);
  expect(alone(entry('2', 30))).toBe(30);
});

test('entries of one device share what it takes, those of others do not', () => {
  const [one, two, other] = [entry('1'), entry('1'), entry('1', undefined, 'b')];
  const firewalls = { one, two, other };
  const modules = { [module.kind]: module };
  const { callsPerMinute: usual } = module.facts;
  expect(callsPerMinute(modules, { firewalls }, one)).toBe(Math.floor(usual / 2));
  expect(callsPerMinute(modules, { firewalls }, other)).toBe(usual);
});
