import { expect, test } from 'vitest';
import { modules } from '../compose-modules.ts';
import { loadConfiguration } from './load.ts';
import { dataOf, infrastructureOf, parseConfiguration, serializeConfiguration } from './stored.ts';
import { document, load } from './test-document.ts';

const examples = [
  'storefront/zonebridge.yaml',
  'multi-cluster',
  'brownfield/zonebridge.yaml',
  'security-groups/zonebridge.yaml',
  'fortimanager/zonebridge.yaml',
];

test.each(examples)('%s comes back from its stored form as it was', async (name) => {
  const location = new URL(`../../../examples/${name}`, import.meta.url).pathname;
  const { configuration } = await loadConfiguration(location, { modules });
  const text = serializeConfiguration(configuration);
  expect(parseConfiguration(text)).toEqual(configuration);
  expect(serializeConfiguration(parseConfiguration(text))).toBe(text);
});

test('the order of the files changes nothing in the stored form', async () => {
  const groups = document.indexOf('groups:');
  const [platform, team] = [document.slice(0, groups), document.slice(groups)];
  const other = team.replace('storefront:', 'checkout:');
  const one = await load({ 'a.yaml': platform, 'b.yaml': team, 'c.yaml': other });
  const two = await load({ 'c.yaml': platform, 'b.yaml': team, 'a.yaml': other });
  expect(serializeConfiguration(one.configuration)).toBe(serializeConfiguration(two.configuration));
});

test('every section is data or infrastructure, none both', async () => {
  const { configuration } = await load(document);
  expect({ ...dataOf(configuration), ...infrastructureOf(configuration) }).toEqual(configuration);
  const shared = Object.keys(dataOf(configuration)).filter((key) => key in infrastructureOf(configuration));
  expect(shared).toEqual([]);
  expect(serializeConfiguration(dataOf(configuration))).not.toContain('111122223333');
});

test.each(['', '{', '[]', '{"groups":{}}', 'null'])('%j is no stored configuration', (text) => {
  expect(() => parseConfiguration(text)).toThrow(expect.objectContaining({ code: 'configuration/invalid' }));
});

test('a stored configuration with a field of another version is refused, not half read', async () => {
  const { configuration } = await load(document);
  const text = JSON.stringify({ ...configuration, zones: {} });
  expect(() => parseConfiguration(text)).toThrow(/zones/);
});
