import {
  ApiextensionsV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { expect, test, vi } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { kubernetesDocuments } from '../../cluster-agent/kubernetes-api.ts';
import { compileGroup } from '../../lib/core/model/group-selection.ts';
import {
  calicoPolicies,
  kubernetesPolicies,
  type PolicyObject,
} from '../../lib/core/network/egress-policy.ts';
import { readNetwork } from '../../lib/core/network/translation.ts';
import { defaultBrakes } from '../../lib/core/plan/brakes.ts';
import { startRealApi } from '../contract/kubernetes/api-under-test.ts';
import { type NetworkApi, networkSuite } from '../contract/kubernetes/network-suite.ts';
import { entranceOf } from '../support/entrance.ts';
import { kubernetesOrSkip } from '../support/kubernetes.ts';

const text = { type: 'string' };
const texts = { type: 'array', items: text };
const bool = { type: 'boolean' };
const object = (properties: Record<string, unknown>, required: string[] = []): object => ({
  type: 'object',
  properties,
  required,
});
const action = { type: 'string', enum: ['Allow', 'Deny', 'Log', 'Pass'] };

/** Definitions of other projects as far as we read or write their objects; fields beyond are refused in a strict dry run. */
const definitions = [
  {
    group: 'crd.projectcalico.org',
    version: 'v1',
    kind: 'IPPool',
    plural: 'ippools',
    spec: object(
      { cidr: text, natOutgoing: bool, disabled: bool, vxlanMode: text, ipipMode: text, allowedUses: texts },
      ['cidr'],
    ),
  },
  {
    group: 'eks.amazonaws.com',
    version: 'v1',
    kind: 'NodeClass',
    plural: 'nodeclasses',
    spec: object({ snatPolicy: text }),
  },
  {
    group: 'projectcalico.org',
    version: 'v3',
    kind: 'Tier',
    plural: 'tiers',
    spec: object({ order: { type: 'number' } }),
  },
  {
    group: 'projectcalico.org',
    version: 'v3',
    kind: 'GlobalNetworkPolicy',
    plural: 'globalnetworkpolicies',
    spec: object(
      {
        tier: text,
        order: { type: 'number' },
        selector: { type: 'string', maxLength: 1024 },
        namespaceSelector: { type: 'string', maxLength: 1024 },
        types: { type: 'array', items: { type: 'string', enum: ['Ingress', 'Egress'] } },
        egress: {
          type: 'array',
          items: object({ action, destination: object({ nets: { ...texts, maxItems: 256 } }) }, ['action']),
        },
      },
      ['tier'],
    ),
  },
];

async function define({ admin }: NetworkApi): Promise<void> {
  const api = admin.makeApiClient(ApiextensionsV1Api);
  for (const { group, version, kind, plural, spec } of definitions) {
    const name = `${plural}.${group}`;
    await api.createCustomResourceDefinition({
      body: {
        metadata: { name, annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' } },
        spec: {
          group,
          scope: 'Cluster',
          names: { kind, plural, singular: kind.toLowerCase() },
          versions: [
            { name: version, served: true, storage: true, schema: { openAPIV3Schema: object({ spec }) } },
          ],
        },
      },
    });
    await vi.waitUntil(
      async () => {
        const { status } = await api.readCustomResourceDefinition({ name });
        return status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
      },
      { timeout: 30_000, interval: 50 },
    );
  }
}

/** Dry run at the server with strict fields, as the API itself reads our YAML. */
async function dryRun({ admin }: NetworkApi, objects: readonly PolicyObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  const yaml = objects.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');
  for (const document of parseAllDocuments(yaml)) {
    const body = document.toJS() as KubernetesObject;
    await vi.waitUntil(
      async () =>
        api.create(body, undefined, 'All', 'zonebridge-test').then(
          () => true,
          (error: { code?: number; body?: unknown }) => {
            // A new kind answers 404 until all of the API has heard of it.
            if (error.code === 404) return false;
            throw error;
          },
        ),
      { timeout: 30_000, interval: 100 },
    );
  }
}

await kubernetesOrSkip('the network of a cluster on a real Kubernetes API', () => {
  const here = networkSuite(startRealApi);

  test("Calico's pools and the NodeClasses of Auto Mode, as custom resources", async () => {
    await define(here);
    const custom = here.admin.makeApiClient(CustomObjectsApi);
    const pool = (name: string, spec: object) => ({
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'IPPool',
      metadata: { name },
      spec,
    });
    const pools = { group: 'crd.projectcalico.org', version: 'v1', plural: 'ippools' };
    await custom.createClusterCustomObject({
      ...pools,
      body: pool('default-ipv4-ippool', { cidr: '192.168.0.0/16', natOutgoing: true, vxlanMode: 'Always' }),
    });
    await custom.createClusterCustomObject({
      ...pools,
      body: pool('no-nat', { cidr: '172.16.0.0/12', disabled: true }),
    });
    const report = await vi.waitUntil(
      async () => {
        const read = await here.read();
        return read.pools?.length === 2 ? read : undefined;
      },
      { timeout: 30_000, interval: 100 },
    );
    const { cilium: _, vpcCni: __, ...calico } = report;
    expect(readNetwork(calico)).toMatchObject({
      cni: 'Calico',
      routable: 'no',
      translation: { source: 'node', except: ['192.168.0.0/16', '172.16.0.0/12'] },
    });
    await custom.createClusterCustomObject({
      group: 'eks.amazonaws.com',
      version: 'v1',
      plural: 'nodeclasses',
      body: {
        apiVersion: 'eks.amazonaws.com/v1',
        kind: 'NodeClass',
        metadata: { name: 'default' },
        spec: { snatPolicy: 'Disabled' },
      },
    });
    const documents = kubernetesDocuments(entranceOf(here.agent));
    const listed = await documents.read('/apis/eks.amazonaws.com/v1/nodeclasses?limit=100');
    expect(listed).toMatchObject({ object: { items: [{ metadata: { name: 'default' } }] } });
  });

  test('the rights are for these objects by name, and for nothing else', async () => {
    const documents = kubernetesDocuments(entranceOf(here.agent));
    const system = '/api/v1/namespaces/kube-system';
    for (const path of [
      `${system}/configmaps`,
      `${system}/configmaps/extension-apiserver-authentication`,
      `${system}/secrets`,
      '/apis/apps/v1/namespaces/kube-system/daemonsets',
      '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy',
      '/apis/crd.projectcalico.org/v1/ippools/default-ipv4-ippool',
      '/api/v1/namespaces/default/configmaps/cilium-config',
    ])
      expect([path, await documents.read(path)]).toEqual([path, 'forbidden']);
  });

  test('the companion policies pass a dry run of the API', async () => {
    const group = compileGroup({
      name: 'store.front',
      addresses: 'node',
      select: "app == 'web' && tier in {'front', 'edge'}",
      namespaces: "team == 'shop'",
      usedIn: 'allow',
      maxMembers: 10,
      brakes: defaultBrakes,
      publish: [],
    });
    const destinations = ['172.20.0.0/16', 'fd00:20::/32'];
    const families = [4, 6] as const;
    const namespaces = [
      { name: 'default', inScope: false },
      { name: 'kube-system', inScope: true },
    ];
    const kubernetes = kubernetesPolicies({ group, destinations, families, namespaces });
    expect(kubernetes).toHaveLength(3);
    await dryRun(here, kubernetes);
    await dryRun(here, calicoPolicies({ group, destinations, families }));
    // The same run refuses what is wrong.
    const [wrong] = kubernetesPolicies({ group, destinations: ['10.0.0.0/33'], families, namespaces });
    await expect(dryRun(here, wrong ? [wrong] : [])).rejects.toMatchObject({ code: 422 });
  });
});
