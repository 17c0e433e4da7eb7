import { expect, test } from 'vitest';
import { checkFirewall } from '../../lib/app/commands/check.ts';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { rigs } from '../support/firewalls/rigs.ts';
import { Site } from './firewall/site.ts';

/** Vendors that are called by an address; the others are AWS itself, or call us. */
const called = ['fortigate', 'panorama', 'cisco-fmc', 'fortimanager'];

test.each(Object.values(firewallModules))(
  'a check of $kind says what is needed around it',
  async (module) => {
    const device = await rigs[module.kind]?.();
    if (!device) throw new Error(`no rig for ${module.kind}`);
    const site = await Site.start(device, Object.keys(module.facts.channels)[0] ?? '', 'web');
    const { world } = site;
    const edge = world.configuration.firewalls['edge'];
    if (!edge) throw new Error('no firewall edge');
    const network = world.configuration.networks[edge.network];
    if (network) network.sourceRanges = ['10.9.0.0/26', '10.9.1.0/26'];
    const { lines } = await checkFirewall({ ports: world.ports }, world.configuration, 'edge');
    const told = (name: string) => lines.filter((line) => line.name === name).map(({ text }) => text);
    expect(told('budget')).toEqual([
      expect.stringMatching(/\d+ calls a minute are ours|\d+ requests a minute/),
    ]);
    expect(told('trusted hosts')).toEqual(
      called.includes(module.kind) ? [expect.stringContaining('calls from 10.9.0.0/26, 10.9.1.0/26;')] : [],
    );
    world.configuration.firewalls['other'] = { ...edge };
    const again = await checkFirewall({ ports: world.ports }, world.configuration, 'edge');
    if (module.kind !== 'cisco-fmc')
      expect(again.lines.find(({ name }) => name === 'budget')?.text).toContain('shared with other');
    await device.stop();
  },
);
