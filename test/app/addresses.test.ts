import { afterEach, describe, expect, test } from 'vitest';
import type { EndpointRecord } from '../../lib/core/model/endpoint.ts';
import type { NetworkReport } from '../../lib/core/network/report.ts';
import { OperatorWorld, pushed } from '../support/operator-world.ts';
import { pod } from '../support/world.ts';

const vpcCni = { excluded: [], customNetworking: false, ipv6: false, scheduled: 2 };
const translating: NetworkReport = { nodes: 2, autoNodes: 0, vpcCni, unread: [], more: 0 };
const plain: NetworkReport = { ...translating, vpcCni: { ...vpcCni, externalSnat: 'true' } };
const day = 24 * 60 * 60_000;

const worlds: OperatorWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
});

interface Started {
  groups?: Record<string, Record<string, unknown>>;
  fields?: Record<string, unknown>;
  records?: EndpointRecord[];
  report?: NetworkReport;
}

/** A hub with an applied configuration and an agent that told its endpoints and network. */
async function start({ groups = { web: pushed('web') }, fields = {}, records = [], report }: Started) {
  const world = await OperatorWorld.start(groups, fields);
  worlds.push(world);
  world.storeToken();
  expect((await world.run(['apply', '--yes'])).code).toBe(0);
  await world.tell(...records);
  if (report) await world.tellNetwork(report);
  return world;
}

const web = pod('a', '10.1.0.1', { app: 'web' });
const nodes = pushed('web', { addresses: 'node' });
const neighbours = [
  web,
  pod('b', '10.1.0.2', { app: 'billing' }, { namespace: 'pay' }),
  pod('c', '10.1.0.3', { app: 'billing' }, { namespace: 'pay' }),
  pod('d', '10.0.0.1', { 'k8s-app': 'proxy' }, { namespace: 'kube-system', hostNetwork: true }),
  pod('e', '10.1.0.9', { app: 'elsewhere' }, { node: 'n2', nodeAddresses: ['10.0.0.2'] }),
];

describe('pod addresses behind those of the nodes', () => {
  test('plan names group, setting and remedy; so do status and explain', async () => {
    const world = await start({ records: [web], report: translating });
    const warning =
      /web in shop.*publishes pod addresses, but pods arrive with the addresses of their nodes \(aws-node: AWS_VPC_K8S_CNI_EXTERNALSNAT=false/;
    expect((await world.run(['plan'])).stdout).toMatch(warning);
    const status = await world.run(['status']);
    expect(status.stdout).toMatch(warning);
    expect(status.stdout).toMatch(
      /shop: pods arrive with the addresses of their nodes.*except towards the VPC \[Amazon VPC CNI, told/,
    );
    expect((await world.run(['explain', 'web'])).stdout).toMatch(
      /edge, shop: publishes pod addresses.*EXTERNALSNAT/,
    );
    expect((await world.run(['explain', '10.1.0.1'])).stdout).toMatch(
      /pods of shop arrive at firewalls with the addresses of their nodes/,
    );
    const { result } = await world.json(['status']);
    expect(result).toMatchObject({
      unseen: [
        {
          group: 'web',
          cluster: 'shop',
          firewalls: ['edge'],
          remedy: expect.stringMatching(/addresses: node/) as string,
        },
      ],
      networks: [{ cluster: 'shop', cni: 'Amazon VPC CNI', routable: 'yes' }],
    });
  });

  test('nothing is said where they are seen, and where nothing is known', async () => {
    const world = await start({ records: [web], report: plain });
    for (const argv of [['plan'], ['status'], ['explain', 'web']])
      expect((await world.run(argv)).stdout).not.toContain('publishes pod addresses');
    const silent = await start({ records: [web] });
    expect((await silent.run(['status'])).stdout).toMatch(
      /shop: pods arrive not known: its agent has told nothing/,
    );
    expect((await silent.json(['status'])).result).toMatchObject({ unseen: [] });
  });

  test('pods that the VPC does not route to are told of, whatever they arrive with', async () => {
    const pool = { name: 'inner', cidr: '192.168.0.0/16', natOutgoing: false, tunnel: 'always' } as const;
    const report = { nodes: 2, autoNodes: 0, pools: [{ ...pool, disabled: false, workload: true }] };
    const world = await start({ records: [web], report: { ...report, unread: [], more: 0 } });
    const { result } = await world.json(['status']);
    expect(result).toMatchObject({
      unseen: [
        {
          group: 'web',
          text: expect.stringMatching(/nothing outside of the cluster has a way: Calico/) as string,
        },
      ],
      networks: [{ cluster: 'shop', routable: 'no' }],
    });
    expect((await world.run(['plan'])).stdout).toMatch(/! .*publishes pod addresses, to which nothing/);
    const mixed = [
      { ...pool, disabled: false, workload: true },
      {
        ...pool,
        name: 'flat',
        cidr: '10.9.0.0/16',
        tunnel: 'never',
        disabled: false,
        workload: true,
      } as const,
    ];
    const routed = await start({ records: [web], report: { ...report, pools: mixed, unread: [], more: 0 } });
    expect((await routed.json(['status'])).result).toMatchObject({ unseen: [] });
  });

  test('what lies behind the firewall decides', async () => {
    const report = { ...translating, vpcCni: { ...vpcCni, excluded: ['198.18.0.0/15'] } };
    const seen = await start({ records: [web], report, fields: { destinations: ['198.18.9.0/24'] } });
    expect((await seen.json(['status'])).result).toMatchObject({ unseen: [] });
    const unseen = await start({ records: [web], report, fields: { destinations: ['198.51.100.0/24'] } });
    expect((await unseen.json(['status'])).result).toMatchObject({ unseen: [{ group: 'web' }] });
  });

  test('a report that is a day old counts no more', async () => {
    const world = await start({ records: [web], report: translating });
    await world.clock.sleep(day + 1);
    const { stdout } = await world.run(['status']);
    expect(stdout).toMatch(/told nothing of its network for more than a day/);
    expect(stdout).not.toContain('publishes pod addresses');
  });
});

describe('node addresses', () => {
  test('name who else has them', async () => {
    const world = await start({ groups: { web: nodes }, records: neighbours, report: translating });
    const shared = /the same access goes to 3 other pods on its node: pay\/billing \(2\), kube-system\/proxy/;
    expect((await world.run(['plan'])).stdout).toMatch(shared);
    expect((await world.run(['explain', 'web'])).stdout).toMatch(shared);
    expect((await world.run(['status'])).stdout).toMatch(/Every pod on the nodes of web has their addresses/);
    const { result } = await world.json(['plan']);
    const [firewall] = result['firewalls'] as { advice: unknown[] }[];
    expect(firewall?.advice).toMatchObject([
      { group: 'web', shared: { nodes: 1, pods: 3, workloads: 2, namespaces: ['kube-system', 'pay'] } },
    ]);
  });

  test('are not seen where pods arrive with their own; then only the network of the node is shared', async () => {
    const world = await start({ groups: { web: nodes }, records: neighbours, report: plain });
    const { stdout } = await world.run(['explain', 'web']);
    expect(stdout).toMatch(
      /publishes node addresses, but pods arrive with their own \(aws-node: AWS_VPC_K8S_CNI_EXTERNALSNAT=true/,
    );
    expect(stdout).toMatch(/the same access goes to 1 other pod on its node: kube-system\/proxy;/);
  });

  test('of nobody else need no warning', async () => {
    const world = await start({ groups: { web: nodes }, records: [web], report: translating });
    expect((await world.run(['plan'])).stdout).not.toContain('the same access');
  });

  test('hostile names stay on their line', async () => {
    const evil = pod('x', '10.1.0.4', { app: 'a\u001b[31m\nb' }, { namespace: 'n\u202e' });
    const world = await start({ groups: { web: nodes }, records: [web, evil], report: translating });
    for (const argv of [['plan'], ['explain', 'web']]) {
      const { stdout } = await world.run(argv);
      expect(stdout).toContain('1 other pod ');
      expect(stdout).not.toContain('\u001b[31m');
      expect(stdout).not.toContain('\u202e');
    }
  });
});
