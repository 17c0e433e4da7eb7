import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { modules } from '../compose-modules.ts';
import { configurationJsonSchema, knownKeys } from './json-schema.ts';

const root = new URL('../../../', import.meta.url);
const schema = configurationJsonSchema(modules);
const validator = z.fromJSONSchema(schema);

const files = [
  'examples/storefront/zonebridge.yaml',
  'examples/brownfield/zonebridge.yaml',
  'examples/security-groups/zonebridge.yaml',
  'examples/cisco-fmc/zonebridge.yaml',
  'examples/fortimanager/zonebridge.yaml',
  'examples/multi-cluster/platform.yaml',
  'examples/multi-cluster/team-shop.yaml',
  'examples/multi-cluster/team-payments.yaml',
  'examples/multi-cluster/security.yaml',
  'examples/from-calico/zonebridge.yaml',
  'lib/cli/starter.yaml',
];

async function readYaml(file: string) {
  return parse(await readFile(new URL(file, root), 'utf8')) as Record<string, never>;
}

describe('the JSON Schema', () => {
  test('in docs is current (npm run schema writes it)', async () => {
    const stored: unknown = JSON.parse(await readFile(new URL('docs/zonebridge.schema.json', root), 'utf8'));
    expect(stored).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  test.each(files)('accepts %s', async (file) => {
    expect(validator.safeParse(await readYaml(file)).error).toBeUndefined();
  });

  test('refuses unknown keys, at the top, of groups and of a vendor', async () => {
    const good = await readFile(new URL('examples/storefront/zonebridge.yaml', root), 'utf8');
    const accepts = (from: string, to: string) => {
      expect(good).toContain(from);
      return validator.safeParse(parse(good.replace(from, to))).success;
    };
    expect(accepts('hub:', 'hub:')).toBe(true);
    expect(accepts('groups:', 'extra: 1\ngroups:')).toBe(false);
    expect(accepts('usedIn: allow', 'usedIn: allow\n    extra: 1')).toBe(false);
    expect(accepts('managedBy: none', 'managedBy: none\n    extra: 1')).toBe(false);
    expect(accepts('    caFile: firewall-ca.pem\n', '')).toBe(false);
    expect(accepts('kind: fortigate', 'kind: other')).toBe(false);
  });

  test('knows the keys of every place, for suggestions', () => {
    expect(knownKeys(schema, [])).toEqual([
      'hub',
      'networks',
      'clusters',
      'hosts',
      'firewalls',
      'brakes',
      'groups',
      'delegations',
      'approvals',
      'quarantine',
      'ticketSystems',
    ]);
    expect(knownKeys(schema, ['groups', 'any', 'publish', 0])).toContain('onForeignAdd');
    expect(knownKeys(schema, ['groups', 'any', 'select'])).toEqual(['matchLabels', 'matchExpressions']);
    const fortigate = knownKeys(schema, ['firewalls', 'any'], 'fortigate');
    expect(fortigate).toEqual(expect.arrayContaining(['network', 'vdom', 'caFile']));
    expect(fortigate).not.toContain('ca');
    expect(knownKeys(schema, ['nowhere', 'at', 0, 'all'])).toEqual([]);
  });
});
