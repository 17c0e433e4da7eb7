import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { quoted } from '../../lib/core/model/quoted.ts';
import { importTigera, readAnswers } from '../../lib/imports/tigera/index.ts';
import { importOptions } from '../support/import-options.ts';

type Json = Record<string, unknown>;

const dump = path.join(import.meta.dirname, '../../examples/from-calico/dump');
const namespace = 'tigera-firewall-controller';

function object(kind: string, metadata: Json, rest: Json = {}, apiVersion = 'v1'): Json {
  return {
    apiVersion,
    kind,
    metadata: { name: kind.toLowerCase(), labels: {}, annotations: {}, ...metadata },
    ...rest,
  };
}

const calico = 'projectcalico.org/v3';
const side = {
  nets: ['10.0.0.0/8'],
  services: { name: 'a', namespace: 'b' },
  serviceAccounts: { names: ['a'], selector: 'all()' },
};
const rule = {
  action: 'Allow',
  protocol: 'TCP',
  icmp: { type: 8, code: 0 },
  source: side,
  destination: { ...side, ports: [443] },
  http: { methods: ['GET'], paths: [{ exact: '/' }] },
  metadata: { annotations: { team: 'a' } },
};
const container = {
  name: 'controller',
  image: 'x',
  resources: { limits: { cpu: 1 } },
  env: [
    {
      name: 'FW_ADDRESS_SELECTION',
      valueFrom: { configMapKeyRef: { name: namespace, key: 'tigera.firewall.addressSelection' } },
    },
  ],
};

/** What the example does not have of the things that the former tool reads. */
const others: Json[] = [
  object('ConfigMap', { name: 'kube-root-ca.crt', namespace }, { data: { 'ca.crt': 'x' } }),
  object('ConfigMap', { namespace: 'tigera-firewall-integration' }, { data: { 'panorama.host': 'h' } }),
  object('ConfigMap', { namespace: 'shop' }, { data: { colour: 'red' } }),
  object(
    'Secret',
    { name: 'fortigate-edge-1', namespace },
    { type: 'Opaque', data: { 'apikey-fortigate-edge-1': 'eA==' } },
  ),
  object(
    'Deployment',
    { name: 'tigera-firewall-controller-ew', namespace },
    {
      spec: {
        replicas: 1,
        selector: { matchLabels: { a: 'b' } },
        strategy: { type: 'Recreate' },
        template: {
          metadata: { labels: { a: 'b' }, annotations: {} },
          spec: {
            containers: [container],
            nodeSelector: { a: 'b' },
            volumes: [{ name: 'v', configMap: { name: namespace } }],
          },
        },
      },
    },
    'apps/v1',
  ),
  object(
    'GlobalNetworkPolicy',
    { name: 'default.rich', labels: { firewall: 'edge' } },
    {
      spec: {
        tier: 'default',
        selector: "app == 'a'",
        order: 1,
        ingress: [rule],
        egress: [rule],
        types: ['Ingress'],
      },
    },
    calico,
  ),
  object(
    'GlobalNetworkPolicy',
    { name: 'default.other' },
    { spec: { tier: 'default', ingress: [rule] } },
    calico,
  ),
  object('Tier', {}, { spec: { order: 100 } }, calico),
  object('GlobalNetworkSet', {}, { spec: { nets: ['10.0.0.0/8'] } }, calico),
  object(
    'GlobalThreatFeed',
    {},
    { spec: { pull: { http: { url: 'https://x', headers: [{ name: 'a', value: 'b' }] } } } },
    calico,
  ),
  object('EgressGateway', {}, { spec: { aws: { elasticIPs: ['192.0.2.1'] } } }, 'operator.tigera.io/v1'),
  object('Namespace', { name: 'shop' }),
  object(
    'Pod',
    { namespace: 'shop' },
    { spec: { containers: [{ name: 'a', env: [{ name: 'X', value: 'y' }] }] } },
  ),
];

const given: Json[] = [
  ...['controller.yaml', 'policies.yaml'].flatMap((name) =>
    parseAllDocuments(readFileSync(path.join(dump, name), 'utf8')).flatMap((document) => {
      const value = document.toJS() as Json;
      return value['kind'] === 'List' ? (value['items'] as Json[]) : [value];
    }),
  ),
  ...others,
];

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Settings that are YAML in a text. */
const inText = /^tigera\.firewall\.forti/;

function metadataOf(index: number): { name: string; namespace?: string } {
  return (given[index] as { metadata: { name: string; namespace?: string } }).metadata;
}

/** Where a key can be added: each map of an object, also those in texts of YAML. */
function placesIn(value: unknown, at: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) return value.flatMap((one, index) => placesIn(one, [...at, index]));
  if (!isMap(value)) return [];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    placesIn(inText.test(key) ? parse(String(one)) : one, [...at, key]),
  );
  return [at, ...inside];
}

function withKey(value: unknown, [first, ...rest]: (string | number)[], key: string): unknown {
  if (first === undefined) return { ...(value as Json), [key]: 'canary-4711' };
  if (Array.isArray(value))
    return value.map((one, index) => (index === first ? withKey(one, rest, key) : one));
  const map = value as Json;
  const inner = map[first];
  const changed = inText.test(String(first))
    ? stringify(withKey(parse(String(inner)), rest, key))
    : withKey(inner, rest, key);
  return { ...map, [first]: changed };
}

function imported(objects: readonly Json[]) {
  return importTigera(readAnswers(objects), importOptions);
}

/** What is told of a key that is added to an object at a place; the value that it is given is told nowhere. */
function toldOf(index: number, at: (string | number)[], key: string): string[] {
  const objects = given.map((one, other) => (other === index ? (withKey(one, at, key) as Json) : one));
  const result = imported(objects);
  expect(JSON.stringify([result.notCarried, result.fillIn, result.yaml])).not.toContain('canary-4711');
  const { name } = metadataOf(index);
  const shown = /^[\w-]{1,63}$/.test(key) ? key : quoted(key, 317);
  return result.notCarried
    .filter(({ place, what }) => place.split(/[ ,]/).includes(name) && what.includes(shown))
    .map(({ reason }) => reason);
}

const all = given.flatMap((value, index) => placesIn(value).map((at) => ({ index, at })));
const titled = ({ index, at }: (typeof all)[number]) =>
  `${String(given[index]?.['kind'])} ${index} ${at.join('.')}`;

/** Labels and annotations are everybody's; so is how Kubernetes runs a pod, and what is no part of the former tool. */
const everybodys =
  /labels|annotations|matchLabels|nodeSelector|spec\.selector|resources|strategy|volumes\.0\.configMap/;
const own = all.filter(
  ({ index, at }) =>
    !everybodys.test(at.join('.')) &&
    !['Pod', 'Namespace'].includes(String(given[index]?.['kind'])) &&
    metadataOf(index).namespace !== 'shop',
);

describe('whatever was not carried over is told', () => {
  test('the places are those of all objects', () => {
    expect(all.length).toBeGreaterThan(150);
    expect(new Set(all.map(({ index }) => index)).size).toBe(given.length);
  });

  test.each(['egress.projectcalico.org/new', 'tigera.io/new', 'fortinet.example/new', 'Tigera.Firewall.new'])(
    'a key %s, wherever it stands',
    (key) => {
      const silent = all.filter(({ index, at }) => toldOf(index, at, key).length !== 1);
      expect(silent.map(titled)).toEqual([]);
    },
  );

  test('a key of any name, wherever the former tool reads', () => {
    expect(own.length).toBeGreaterThan(100);
    const silent = own.filter(({ index, at }) => toldOf(index, at, 'brandNew').length !== 1);
    expect(silent.map(titled)).toEqual([]);
  });

  test('keys of others are not', () => {
    for (const index of given.keys()) {
      expect(toldOf(index, ['metadata', 'annotations'], 'team.example/owner')).toEqual([]);
      expect(toldOf(index, ['metadata', 'labels'], 'owner')).toEqual([]);
    }
  });

  test('hostile keys on one line of plain letters, and nothing of them ends a comment', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...own),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
        fc.constantFrom('', '\n\ngroups:\n  evil: {}', '\u001b[2J', '\u202e', '", "', 'x'.repeat(400)),
        ({ index, at }, start, end) => {
          const key = `tigera.io/${start}${end}`;
          expect(toldOf(index, at, key)).toHaveLength(1);
          const result = imported(
            given.map((one, other) => (other === index ? (withKey(one, at, key) as Json) : one)),
          );
          for (const { what, place } of result.notCarried) expect(what + place).toMatch(/^[\x20-\x7e]*$/);
          const lines = result.yaml.split('\n').filter((line) => line.includes('tigera.io/'));
          expect(lines.filter((line) => !line.startsWith('# '))).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
