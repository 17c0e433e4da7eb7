import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metrics } from '../../lib/app/metrics.ts';
import { cluster, firewall, network, smallConfiguration } from './fixtures/configuration.ts';
import { ofType, type StackTemplate, synthesise } from './support.ts';

const model = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');

/** The row of the model's last table that counts what one more costs. */
function row(name: string): string {
  const found = model.split('\n').find((line) => line.startsWith(`| ${name} |`) && line.includes('0.'));
  if (found === undefined) throw new Error(`the cost model has no row ${name}`);
  return found;
}

function count(template: StackTemplate | undefined, type: string): number {
  return template ? Object.keys(ofType(template, type)).length : 0;
}

const alarm = 'AWS::CloudWatch::Alarm';

test('the cost model counts what the stacks make', () => {
  const small = smallConfiguration();
  const templates = synthesise({
    ...small,
    networks: { dmz: network(1), bare: network(2) },
    clusters: { one: cluster('one') },
    firewalls: { edge: firewall('dmz') },
  });
  const hub = templates.get('Zonebridge-prod-Hub');
  const withOne = templates.get('Zonebridge-prod-Network-dmz');
  const withNone = templates.get('Zonebridge-prod-Network-bare');
  const cell = templates.get('Zonebridge-prod-Clusters-1');
  const own = Object.values(metrics).map(({ dimension }) => dimension);

  expect(row('hub')).toContain(`| ${count(hub, alarm)} alarms`);
  expect(row('network')).toContain(`| ${count(withNone, alarm)} alarms`);
  const interfaces = count(withNone, 'AWS::EC2::VPCEndpoint') - 1;
  expect(row('network')).toContain(`${interfaces} interface endpoints`);
  expect(row('firewall')).toContain(`${own.filter((each) => each === 'firewall').length} metrics`);
  expect(row('firewall')).toContain(`${count(withOne, alarm) - count(withNone, alarm)} alarms`);
  expect(row('firewall')).toContain(`${count(withOne, 'AWS::SecretsManager::Secret')} secret`);
  expect(row('cluster')).toContain(`${own.filter((each) => each === 'cluster').length} metrics`);
  expect(row('cluster')).toContain(`${count(cell, alarm)} alarms`);
});

test('its table follows from its formula', () => {
  const table = [
    { hub: 1, networks: 1, zones: 2, firewalls: 1, members: 200, clusters: 1, endpoints: 500, changes: 0.1 },
    { hub: 1, networks: 2, zones: 2, firewalls: 4, members: 2000, clusters: 10, endpoints: 2000, changes: 3 },
    {
      hub: 1,
      networks: 4,
      zones: 3,
      firewalls: 20,
      members: 10_000,
      clusters: 100,
      endpoints: 5000,
      changes: 50,
    },
  ].map((size) => {
    const networks = size.networks * (1.5 + 14.6 * size.zones);
    const firewalls = size.firewalls * (5.6 + 0.000026 * size.members);
    const clusters = size.clusters * (2.2 + 0.27 * Math.max(1, size.endpoints / 1024));
    const audit = 4 * size.changes + Math.min(6.5 * size.changes, 1.9 * size.firewalls);
    return 4.5 + networks + firewalls + clusters + 22 * size.changes + audit;
  });
  const [line = ''] = /^\| \*\*a month, about\*\*.*$/m.exec(model) ?? [];
  const stated = [...line.matchAll(/\$([\d,]+)/g)].map(([, figure = '']) => Number(figure.replace(',', '')));
  expect(stated).toHaveLength(3);
  for (const [index, figure] of stated.entries()) {
    expect(Math.abs(figure / (table[index] ?? 0) - 1)).toBeLessThan(0.03);
  }
});
