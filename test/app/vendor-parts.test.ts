import { expect, expectTypeOf, test } from 'vitest';
import type { DevicePorts, Ports, ServingPorts } from '../../lib/app/ports.ts';
import { firewallDescriptions } from '../../lib/firewalls/descriptions.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { servingFirewalls } from '../../lib/firewalls/serving.ts';

test('a vendor is the same in all functions, whatever they know of it', () => {
  const kinds = Object.keys(firewallModules).sort();
  expect(Object.keys(firewallDescriptions).sort()).toEqual(kinds);
  expect(Object.keys(servingFirewalls).sort()).toEqual(kinds);
  for (const kind of kinds) {
    const description = firewallDescriptions[kind];
    // The same functions and schemas, not equal ones.
    for (const [field, value] of Object.entries(description ?? {})) {
      expect(firewallModules[kind], `${kind}.${field}`).toHaveProperty(field, value);
      expect(servingFirewalls[kind], `${kind}.${field}`).toHaveProperty(field, value);
    }
  }
});

test('a vendor that can do a part says so in its description, and the other way round', () => {
  for (const [kind, module] of Object.entries(firewallModules)) {
    expect(module.rotation !== undefined, kind).toBe(module.rotationLacks !== undefined);
    expect(module.openLists !== undefined, kind).toBe(module.serving !== undefined);
    expect(servingFirewalls[kind]?.openLists !== undefined, kind).toBe(module.openLists !== undefined);
  }
});

test('what asks devices does not take the ports of a function that cannot; the compiler says it', () => {
  expectTypeOf<DevicePorts>().toExtend<Ports>();
  expectTypeOf<Ports>().not.toExtend<DevicePorts>();
  expectTypeOf<ServingPorts>().not.toExtend<DevicePorts>();
  for (const description of Object.values(firewallDescriptions))
    expect(description).not.toHaveProperty('connect');
});
