import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { FirewallModule } from '../../core/firewall.ts';
import { firewallModules } from '../../firewalls/registry.ts';
import { type Imported, type ImportOptions, importTigera, readAnswers, readText } from './index.ts';
import { importOptions } from '../../../test/support/import-options.ts';

const namespace = 'tigera-firewall-controller';
const device = {
  name: 'edge-1',
  ip: '10.9.9.9',
  vdom: 'dmz',
  apikey: { secretKeyRef: { name: 's', key: 'k' } },
};
const scope = {
  'tigera.firewall.policy.selector': "projectcalico.org/tier == 'firewall'",
  'tigera.firewall.addressSelection': 'node',
};

function configMap(data: Record<string, string>, name = 'tigera-firewall-controller'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

function devices(...all: unknown[]): object {
  return configMap({ 'tigera.firewall.fortigate': stringify(all) }, 'tigera-firewall-controller-configs');
}

function policy(name: string, spec: Record<string, unknown> = {}, labels = {}): object {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkPolicy',
    metadata: { name, labels },
    spec: { tier: 'firewall', selector: "app == 'a'", namespaceSelector: "team == 'x'", ...spec },
  };
}

function imported(objects: readonly object[], more: Partial<ImportOptions> = {}): Imported {
  return importTigera(readAnswers(objects), { ...importOptions, ...more });
}

function reasons({ notCarried }: Imported): string[] {
  return notCarried.map(({ what, reason }) => `${what}: ${reason}`);
}

const names = ({ groups }: Imported) => groups.map(({ from }) => from.object);

describe('which policies become groups', () => {
  const given = [configMap(scope), devices(device)];

  test('those whose labels match, with the tier that the server tells', () => {
    const lying = policy('other.y', { tier: 'other' }, { 'projectcalico.org/tier': 'firewall' });
    const result = imported([...given, policy('firewall.x'), lying]);
    expect(names(result)).toEqual(['firewall.x']);
    expect(result.policies).toEqual({ read: 2, selected: 1 });
    expect(result.notCarried).toEqual([]);
  });

  test('a bare name is a tier, and settings may stand in any ConfigMap of the controller', () => {
    const all = {
      ...scope,
      'tigera.firewall.policy.selector': ' firewall ',
      'tigera.firewall.fortigate': stringify([device]),
    };
    const result = imported([configMap(all, 'tigera-firewall-controller-configs-ew'), policy('firewall.x')]);
    expect(names(result)).toEqual(['firewall.x']);
  });

  test.each([
    ['no selector', { 'tigera.firewall.policy.selector': undefined }, /nobody can tell which policies/],
    ['an empty selector', { 'tigera.firewall.policy.selector': ' ' }, /write all\(\)/],
    ['a broken selector', { 'tigera.firewall.policy.selector': "tier = 'x'" }, /cannot be read/],
    ['no selection', { 'tigera.firewall.addressSelection': undefined }, /default is not documented/],
    ['an unknown selection', { 'tigera.firewall.addressSelection': 'service' }, /neither pod nor node/],
  ])('with %s there are none', (_, change, reason) => {
    const data = Object.entries({ ...scope, ...change }).filter(
      (one): one is [string, string] => one[1] !== undefined,
    );
    const result = imported([configMap(Object.fromEntries(data)), devices(device), policy('firewall.x')]);
    expect(result.groups).toEqual([]);
    expect(reasons(result)).toEqual([expect.stringMatching(reason)]);
  });

  test('a setting that says two things is not guessed', () => {
    const other = configMap({ ...scope, 'tigera.firewall.addressSelection': 'pod' }, 'copy');
    const result = imported([...given, other, policy('firewall.x')]);
    expect(result.groups).toEqual([]);
    expect(reasons(result)[0]).toMatch(/says something else/);
  });
});

describe('what a policy says that we cannot say exactly', () => {
  test.each([
    [
      'labels of service accounts',
      { serviceAccountSelector: "team == 'x'" },
      /label "team" of service accounts/,
    ],
    ['global()', { namespaceSelector: 'global()' }, /selects no pods/],
    ['global() with more', { namespaceSelector: "global() || a == 'b'" }, /cannot be taken/],
    ['labels of Calico inside', { selector: "pcns.team == 'x'" }, /label "pcns.team"/],
    ['a broken selector', { selector: 'app' }, /cannot be taken/],
    ['a selector that is no text', { selector: 7 }, /no text/],
    ['policies of hosts', { doNotTrack: true }, /host endpoints/],
    ['more than a selector holds', { selector: `app == '${'x'.repeat(1_030)}'` }, /at most 1024/],
  ])('is listed: %s', (_, spec, reason) => {
    const result = imported([
      configMap(scope),
      devices(device),
      policy('firewall.x', spec),
      policy('firewall.y'),
    ]);
    expect(names(result)).toEqual(['firewall.y']);
    expect(reasons(result)).toEqual([expect.stringMatching(reason)]);
    expect(result.yaml).toContain('# Not carried over:');
  });

  test('the name of a service account becomes a label of its pods', () => {
    const spec = { serviceAccountSelector: "projectcalico.org/name != 'a' || has(projectcalico.org/name)" };
    const [one] = imported([configMap(scope), devices(device), policy('firewall.x', spec)]).groups;
    expect(one?.group.select).toBe(
      `app == "a" && (projectcalico.org/serviceaccount != "a" || has(projectcalico.org/serviceaccount))`,
    );
  });

  test('a policy without namespaces waives them, and says that somebody should look', () => {
    const result = imported([
      configMap(scope),
      devices(device),
      policy('firewall.x', { namespaceSelector: '' }),
    ]);
    expect(result.groups[0]?.group).toMatchObject({ anyNamespace: true });
    expect(result.fillIn.map(({ path }) => path)).toContain('groups.firewall.x.anyNamespace');
  });
});

describe('names of objects', () => {
  const given = [configMap({ ...scope, 'tigera.firewall.policy.selector': 'all()' }), devices(device)];

  test.each([
    ['web', 'default'],
    ['web', 'firewall'],
  ])('a policy %s of tier %s has one of two names, and a person says which', (name, tier) => {
    const one = policy(name, { tier });
    const refused = imported([...given, one]);
    expect(refused.groups).toEqual([]);
    expect(reasons(refused)[0]).toContain(`"web" or "${tier}.web"`);
    const told = imported([...given, one], { objects: new Map([['web', 'default.web']]) });
    expect(told.groups[0]?.group.publish[0]).toMatchObject({ object: 'default.web' });
  });

  test('one that a device cannot have is refused for that device', () => {
    const result = imported([...given, policy(`firewall.${'x'.repeat(80)}`)]);
    expect(result.groups).toEqual([]);
    expect(reasons(result)[0]).toMatch(/does not fit a FortiGate/);
  });

  test('two policies never share an object; one that was read twice is one', () => {
    const twice = imported([...given, policy('firewall.x'), policy('firewall.x')]);
    expect(names(twice)).toEqual(['firewall.x']);
    const shared = imported([...given, policy('firewall.x'), policy('y')], {
      objects: new Map([['y', 'FIREWALL.X']]),
    });
    expect(shared.groups).toEqual([]);
    expect(reasons(shared)).toHaveLength(2);
  });
});

describe('devices', () => {
  const given = [configMap(scope), policy('firewall.x')];

  test('an empty list, or comments alone, is no device', () => {
    for (const text of ['', '|', '# - name: edge-1', '[]']) {
      const settings = configMap({ 'tigera.firewall.fortigate': text });
      expect(imported([...given, settings]).firewalls).toEqual([]);
    }
  });

  test('a list that is none, or grows without end, is listed', () => {
    const bomb = 'a: &a [x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\ne: [*d,*d,*d]';
    for (const text of ['a: b', 'a: [', bomb]) {
      const result = imported([...given, configMap({ 'tigera.firewall.fortigate': text })]);
      expect(reasons(result)).toEqual([expect.stringMatching(/no list in YAML/)]);
    }
  });

  test.each([
    ['an address that is none', { ...device, ip: '10.9.9' }, /neither an address nor a host name/],
    ['a path', { ...device, ip: 'https://fw' }, /neither an address nor a host name/],
    ['no name', { ip: '10.9.9.9' }, /lacks `name` or `ip`/],
    ['a VDOM that cannot be', { ...device, vdom: 'a b' }, /`vdom` has no form/],
    ['the same device twice', [device, { ...device, name: 'again' }], /the same as "edge-1"/],
    ['a field that we do not know', { ...device, proxy: 'secret-7' }, /proxy: nothing that we know/],
    ['a credential in place of its Secret', { ...device, apikey: 'secret-7' }, /never copied/],
  ])('is listed: %s', (_, entry, reason) => {
    const result = imported([...given, devices(...[entry].flat())]);
    expect(reasons(result)).toEqual([expect.stringMatching(reason)]);
    expect(JSON.stringify([result.yaml, result.notCarried])).not.toContain('secret-7');
  });

  test('get ids of our form, and ports', () => {
    const all = [
      { ...device, name: 'Edge #1', ip: 'fw.example.com:8443' },
      { ...device, name: 'edge--1' },
      { ...device, name: 'edge*1', vdom: 'root' },
      { ...device, name: '...', vdom: 'x' },
    ];
    const { firewalls } = imported([...given, devices(...all)]);
    expect(firewalls.map(({ id }) => id)).toEqual(['edge-1', 'edge--1', 'edge-1-2', 'firewall']);
    expect(firewalls[0]?.fields).toMatchObject({ address: 'fw.example.com', port: 8443 });
  });

  test('of a type that this version does not know are listed', () => {
    const managers = configMap({ 'tigera.firewall.fortimgr': stringify([{ ...device, adom: 'k8s' }]) });
    const modules: Record<string, FirewallModule> = {};
    const result = imported([...given, managers], { modules });
    expect(result.firewalls).toEqual([]);
    expect(reasons(result).join()).toMatch(/knows no firewall of type fortimanager/);
  });

  test('managers keep their ADOM, and their objects change hands like the others', () => {
    const manager = {
      name: 'manager-1',
      ip: '10.9.9.8',
      username: 'api',
      adom: 'k8s',
      password: { secretKeyRef: { name: 'fortimgr-1', key: 'pwd' } },
    };
    const managers = configMap({ 'tigera.firewall.fortimgr': stringify([manager]) });
    const result = imported([...given, managers]);
    expect(result.notCarried).toEqual([]);
    expect(result.firewalls[0]).toMatchObject({
      id: 'manager-1',
      fields: { kind: 'fortimanager', adom: 'k8s', address: '10.9.9.8' },
      device: { secret: { namespace, name: 'fortimgr-1', key: 'pwd' } },
    });
    expect(result.groups[0]?.group.publish).toMatchObject([
      {
        firewall: 'manager-1',
        channel: 'objects',
        create: 'own',
        adopt: 'Managed by Tigera Calico Enterprise',
      },
    ]);
    expect(result.yaml).toContain('install: none');
  });

  test('whose objects cannot be adopted are offered by a person', () => {
    const { fortigate } = firewallModules;
    if (!fortigate) throw new Error('no module');
    const { objects } = fortigate.facts.channels;
    if (!objects) throw new Error('no channel');
    const facts = { ...fortigate.facts, channels: { objects: { ...objects, adopts: false } } };
    const modules = { fortigate: { ...fortigate, facts } };
    const result = imported([...given, devices(device)], { modules });
    expect(result.groups[0]?.group.publish[0]).toMatchObject({ create: 'offered', mode: 'observe' });
    expect(result.groups[0]?.group.publish[0]?.adopt).toBeUndefined();
    expect(result.fillIn.map(({ why }) => why).join()).toContain('zonebridge:offer:firewall.x');
  });
});

describe('what is read', () => {
  test.each([
    ['broken YAML', 'a: [1', /a.yaml:\d+: not readable as YAML/],
    ['a text', 'hello', /no Kubernetes object/],
    [
      'an object without a name',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n',
      /look at "metadata.name"/,
    ],
    [
      'aliases without end',
      'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]',
      /not readable|no Kubernetes/,
    ],
  ])('nothing is imported from a part: %s', (_, text, message) => {
    const good = readText('b.yaml', stringify(devices(device)));
    const bad = readText('a.yaml', text);
    const read = {
      objects: [...good.objects, ...bad.objects],
      problems: [...good.problems, ...bad.problems],
      unlisted: [],
    };
    expect(() => importTigera(read, importOptions)).toThrow(message);
  });

  test('no value of a Secret, also where the file is broken', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace },
      data: { k: 'c2VjcmV0LTc=' },
    };
    expect(JSON.stringify(readAnswers([secret]))).not.toContain('c2VjcmV0');
    expect(
      JSON.stringify(readText('a.yaml', `kind: Secret\nstringData: { k: "secret-7\n  x: [`)),
    ).not.toContain('secret-7');
  });

  test('lists, also those of the API, whose elements tell no kind', () => {
    const { kind: _, apiVersion, ...bare } = policy('firewall.x') as Record<string, unknown>;
    const list = { apiVersion, kind: 'GlobalNetworkPolicyList', items: [bare] };
    expect(names(imported([configMap(scope), devices(device), list]))).toEqual(['firewall.x']);
  });

  test('without the settings of the controller there is nothing to import', () => {
    expect(() => imported([policy('firewall.x')])).toThrow(/no list of its firewalls/);
  });

  test('what has no counterpart is listed with its place', () => {
    const environment = [
      { name: 'FW_POLICY_SELECTOR_EXPRESSION', value: 'all()' },
      { name: 'LOG_LEVEL', value: 'x' },
    ];
    const others = [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', namespace },
        spec: { template: { spec: { containers: [{ env: environment }] } } },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'p', namespace: 'tigera-firewall-integration' },
        data: { 'panorama.host': 'h' },
      },
      { apiVersion: 'projectcalico.org/v3', kind: 'EgressGateway', metadata: { name: 'e' } },
      { apiVersion: 'crd.projectcalico.org/v1', kind: 'GlobalNetworkPolicy', metadata: { name: 'c' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', labels: { 'tigera.io/address-group': 'g' } } },
    ];
    const found = imported([configMap(scope), devices(device), ...others]).notCarried;
    expect(found.map(({ what }) => what)).toEqual([
      'spec.template.spec.containers[].env.FW_POLICY_SELECTOR_EXPRESSION',
      'spec.template.spec.containers[].env.LOG_LEVEL',
      'data["panorama.host"]',
      'an egress gateway',
      'a policy that is not projectcalico.org/v3',
      'metadata.labels["tigera.io/address-group"]',
    ]);
    expect(found.every(({ place }) => place.startsWith('cluster '))).toBe(true);
  });

  test('of a Secret the keys that no device names, and no value', () => {
    const secret = (data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace, annotations: { 'tigera.io/note': 'secret-7' } },
      stringData: data,
    });
    const of = (data: Record<string, string>) =>
      imported([configMap(scope), devices(device), secret(data)]).notCarried;
    expect(of({ k: 'secret-7' }).map(({ what }) => what)).toEqual(['metadata.annotations["tigera.io/note"]']);
    const more = of({ k: 'secret-7', other: 'secret-7' });
    expect(more.map(({ what }) => what)).toContain('stringData.other');
    expect(JSON.stringify(more)).not.toContain('secret-7');
  });

  test('an environment that comes from a ConfigMap that is not there, and one that verifies certificates', () => {
    const from = (name: string) => ({
      name: 'FW_ADDRESS_SELECTION',
      valueFrom: { configMapKeyRef: { name, key: 'tigera.firewall.addressSelection' } },
    });
    const verifying = { name: 'FW_INSECURE_SKIP_VERIFY', value: 'false' };
    const of = (name: string, volume: string) => {
      const container = { env: [from(name), verifying] };
      const spec = { containers: [container], volumes: [{ name: 'v', configMap: { name: volume } }] };
      const deployment = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', namespace },
        spec: { template: { spec } },
      };
      return imported([configMap(scope), devices(device), deployment]).notCarried.map(({ what }) => what);
    };
    expect(of('tigera-firewall-controller', 'tigera-firewall-controller')).toEqual([]);
    expect(of('gone', 'other')).toEqual([
      'spec.template.spec.containers[].env.FW_ADDRESS_SELECTION',
      'spec.template.spec.volumes.v.configMap',
    ]);
  });

  test('nothing from outside ends a comment', () => {
    const name = 'edge\n\ngroups:\n  evil: {}';
    const { yaml } = imported([configMap(scope), devices({ ...device, name }), policy('firewall.x')]);
    expect(yaml.split('\n').filter((line) => /^(groups|  evil)/.test(line))).toEqual(['groups:']);
  });
});
