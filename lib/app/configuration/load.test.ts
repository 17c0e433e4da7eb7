import { describe, expect, test } from 'vitest';
import { modules } from '../compose-modules.ts';
import { loadConfiguration } from './load.ts';
import { document, edited, load, problemsOf } from './test-document.ts';

const example = (name: string) =>
  loadConfiguration(new URL(`../../../examples/${name}`, import.meta.url).pathname, { modules });

describe('a valid document', () => {
  test('is completed with defaults and the text of the CA file', async () => {
    const { configuration, warnings } = await load(document);
    expect(warnings).toEqual([]);
    expect(configuration.clusters['shop']).toMatchObject({
      name: 'shop',
      sharedRanges: false,
      namespace: 'zonebridge',
      serviceAccount: 'zonebridge-agent',
    });
    const { settings, reconcileMinutes } = configuration.firewalls['edge-1']!;
    expect(reconcileMinutes).toBe(15);
    expect(settings).toMatchObject({ address: '10.0.0.10', port: 443, vdom: 'root' });
    expect(settings['ca']).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(settings).not.toHaveProperty('caFile');
    expect(configuration.groups['storefront']).toMatchObject({
      name: 'storefront',
      brakes: { shrink: { minimum: 10, share: 0.3 }, growth: { minimum: 10, share: 0.3 }, windowMinutes: 10 },
      publish: [{ firewall: 'edge-1', channel: 'push', create: 'own', mode: 'sync', onForeignAdd: 'report' }],
    });
  });

  test('brakes: a group inherits from the document, the document from the defaults, field by field', async () => {
    const text = edited(
      ['groups:\n', 'brakes: { shrink: { minimum: 5 }, windowMinutes: 20 }\ngroups:\n'],
      ['    maxMembers', '    brakes: { shrink: { share: 0.1 }, growth: { minimum: 1 } }\n    maxMembers'],
    );
    const { configuration } = await load(text);
    expect(configuration.groups['storefront']?.brakes).toEqual({
      shrink: { minimum: 5, share: 0.1 },
      growth: { minimum: 1, share: 0.3 },
      windowMinutes: 20,
    });
  });

  test('addresses are brought into canonical form', async () => {
    const { configuration } = await load(edited(['[10.20.0.0/16]', '["FD00:0::/64", 10.20.0.0/16]']));
    expect(configuration.clusters['shop']?.ranges).toEqual(['fd00::/64', '10.20.0.0/16']);
  });

  test('anchors may be used', async () => {
    const text = edited(
      ['[soc@example.com]', '&who [soc@example.com]'],
      ['owner: team-shop@example.com', 'clusters: &c [shop]'],
    );
    expect((await load(text)).configuration.groups['storefront']?.clusters).toEqual(['shop']);
  });

  test('warns about what is allowed but probably not meant', async () => {
    const text = edited(
      ['alarmEmails: [soc@example.com]', 'alarmEmails: []'],
      ['    owner: team-shop@example.com\n', ''],
    );
    const { warnings } = await load(text);
    expect(warnings.map(({ path, line }) => [path, line])).toEqual([
      ['hub.alarmEmails', 1],
      ['groups.storefront', 21],
    ]);
    const lonely = await load(document.slice(0, document.indexOf('groups:')));
    expect(lonely.warnings).toMatchObject([{ path: 'firewalls.edge-1', line: 12 }]);
  });
});

test('node addresses are shared: a firewall that does not say what lies behind it is named', async () => {
  const nodes = edited(['addresses: pod', 'addresses: node']);
  const { warnings } = await load(nodes);
  expect(warnings).toMatchObject([
    {
      path: 'groups.storefront.addresses',
      line: 22,
      message: expect.stringMatching(/every pod on those nodes.*`destinations` of edge-1/) as string,
    },
  ]);
  const said = nodes.replace('realms: [default]\n', 'realms: [default]\n    destinations: [10.50.0.0/16]\n');
  expect((await load(said)).warnings).toEqual([]);
});

describe('the examples', () => {
  test('storefront', async () => {
    const { configuration, warnings } = await example('storefront/zonebridge.yaml');
    expect(warnings).toEqual([]);
    const channels = Object.values(configuration.groups).map(({ addresses, publish }) => [
      addresses,
      publish[0]?.channel,
    ]);
    expect(channels).toEqual([
      ['pod', 'push'],
      ['node', 'objects'],
    ]);
    const versions = Object.values(configuration.firewalls).map(({ settings }) => settings['version']);
    expect(versions).toEqual(['7.4.4', '6.4']);
  });

  test('multi-cluster, a folder', async () => {
    const { configuration, warnings } = await example('multi-cluster');
    expect(warnings).toEqual([]);
    expect(Object.keys(configuration.groups).sort()).toEqual([
      'payments-api',
      'quarantined-pods',
      'shop-databases',
      'shop-entrances',
      'shop-nodes',
      'shop-web',
    ]);
    expect(configuration.clusters['america']?.name).toBe('shop-america');
    expect(configuration.hosts?.['databases']?.tags).toEqual({ env: ['prod'], role: ['db', 'cache'] });
    expect(configuration.groups['payments-api']?.brakes.shrink).toEqual({ minimum: 2, share: 0.2 });
    expect(configuration.groups['quarantined-pods']?.usedIn).toBe('deny');
  });

  test('panorama', async () => {
    const { configuration, warnings } = await example('panorama/zonebridge.yaml');
    expect(warnings).toEqual([]);
    const targets = Object.values(configuration.groups).flatMap(({ publish }) => publish);
    expect(targets.map(({ channel, create }) => [channel, create])).toEqual([
      ['tags', 'offered'],
      ['objects', 'own'],
    ]);
  });

  test('cisco-fmc', async () => {
    const { configuration, warnings } = await example('cisco-fmc/zonebridge.yaml');
    expect(warnings).toEqual([]);
    const targets = Object.values(configuration.groups).map(({ publish: [target] }) => [
      target?.channel,
      target?.create,
    ]);
    expect(targets).toEqual([
      ['dynamic', 'offered'],
      ['objects', 'own'],
    ]);
    expect(configuration.firewalls['fmc-1']?.settings['domain']).toBe('Global/Datacenter');
  });

  test('brownfield', async () => {
    const { configuration, warnings } = await example('brownfield/zonebridge.yaml');
    expect(warnings).toEqual([]);
    const targets = Object.values(configuration.groups).flatMap(({ publish }) => publish);
    expect(targets.every(({ create, mode }) => create === 'offered' && mode === 'observe')).toBe(true);
    expect(configuration.firewalls['dmz-1']?.settings).toMatchObject({
      vdom: 'dmz',
      tlsServerName: 'dmz-1.fw.example.com',
    });
  });
});

describe('a folder', () => {
  const groups = document.indexOf('groups:');
  const [platform, team] = [document.slice(0, groups), document.slice(groups)];
  const other = team.replace('storefront:', 'checkout:');

  test('is merged, other files are left alone', async () => {
    const files = {
      'a.yaml': platform,
      'team.yml': team,
      'z.yaml': other,
      'notes.txt': ': no yaml',
      '.x.yaml': ': no',
    };
    expect(Object.keys((await load(files)).configuration.groups)).toEqual(['storefront', 'checkout']);
  });

  test('an empty file and an empty section change nothing', async () => {
    const { configuration } = await load({
      'a.yaml': platform,
      'b.yaml': '# later\n',
      'c.yaml': 'groups:\n',
      'd.yaml': team,
    });
    expect(Object.keys(configuration.groups)).toEqual(['storefront']);
  });

  test('an entry in two files names both places', async () => {
    expect(await problemsOf({ 'a.yaml': platform, 'b.yaml': team, 'c.yaml': `# again\n${team}` })).toEqual([
      {
        path: 'groups.storefront',
        file: '/config/c.yaml',
        line: 3,
        message: '`storefront` is given in two files, first in /config/b.yaml:2',
      },
    ]);
  });

  test('a single section in two files names both places', async () => {
    const problems = await problemsOf({ 'a.yaml': platform, 'b.yaml': team + platform.split('\n')[0] });
    expect(problems).toMatchObject([{ path: 'hub', file: '/config/b.yaml', line: 11 }]);
  });

  test('the CA file is looked for beside the file that names it; problems name their file', async () => {
    const problems = await problemsOf({ 'a.yaml': platform, 'b.yaml': team.replace('edge-1', 'edge-9') });
    expect(problems).toMatchObject([
      { path: 'groups.storefront.publish[0].firewall', file: '/config/b.yaml', line: 10 },
    ]);
  });

  test('without any *.yaml file is refused', async () => {
    expect(await problemsOf({ 'notes.txt': '' })).toMatchObject([
      { file: '/config', message: expect.stringMatching(/no \*\.yaml file/) },
    ]);
  });
});
