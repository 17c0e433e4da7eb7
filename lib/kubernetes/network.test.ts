import { describe, expect, test } from 'vitest';
import { readAwsNode, readCiliumConfig, readMasqAgent, readNodeClasses, readPools } from './network.ts';

function awsNode(env: { name: string; value?: string; valueFrom?: unknown }[], status?: object): unknown {
  const containers = [
    { name: 'aws-eks-nodeagent', env: [{ name: 'ENABLE_IPv6', value: 'true' }] },
    { name: 'aws-node', env },
  ];
  return { kind: 'DaemonSet', spec: { template: { spec: { containers } } }, ...(status ? { status } : {}) };
}

describe('aws-node', () => {
  test('as it comes', () => {
    const env = [
      { name: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', value: 'false' },
      { name: 'AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG', value: 'false' },
      { name: 'ENABLE_IPv6', value: 'false' },
      { name: 'MY_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ];
    const status = { observedGeneration: 1, desiredNumberScheduled: 3 };
    expect(readAwsNode(awsNode(env, status))).toEqual({
      value: { scheduled: 3, externalSnat: 'false', excluded: [], customNetworking: false, ipv6: false },
      more: 0,
    });
  });

  test('on no node, and a status nobody has written', () => {
    const status = { observedGeneration: 2, desiredNumberScheduled: 0 };
    expect(readAwsNode(awsNode([], status)).value.scheduled).toBe(0);
    expect(readAwsNode(awsNode([], { desiredNumberScheduled: 0 })).value).not.toHaveProperty('scheduled');
    expect(readAwsNode(awsNode([])).value).not.toHaveProperty('scheduled');
  });

  test('excluded ranges, and a value that is taken from elsewhere', () => {
    const read = readAwsNode(
      awsNode([
        { name: 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS', value: '172.16.0.0/12, 10.0.0.0/8,,' },
        { name: 'AWS_VPC_K8S_CNI_EXTERNALSNAT', valueFrom: { configMapKeyRef: {} } },
      ]),
    );
    expect(read.value.excluded).toEqual(['172.16.0.0/12', '10.0.0.0/8']);
    expect(read.value.externalSnat).toBe('from elsewhere');
  });

  test('more ranges than are told are counted, and texts that are no ranges are left out', () => {
    const many = Array.from({ length: 103 }, (_, n) => `10.${n}.0.0/16`);
    const value = [...many, 'x'.repeat(5000)].join(',');
    const read = readAwsNode(awsNode([{ name: 'AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS', value }]));
    expect([read.value.excluded.length, read.more]).toEqual([100, 3]);
  });

  test('what is no DaemonSet is refused', () => {
    expect(() => readAwsNode({ kind: 'Status' })).toThrow();
  });
});

test('NodeClasses, with and without a policy', () => {
  const items = [
    { metadata: { name: 'default' }, spec: {} },
    { metadata: { name: 'plain' }, spec: { snatPolicy: 'Disabled' } },
  ];
  expect(readNodeClasses({ metadata: { continue: 'x' }, items })).toEqual({
    value: { nodeClasses: [{ name: 'default' }, { name: 'plain', snatPolicy: 'Disabled' }] },
    more: 1,
  });
});

test('IPPools: defaults, uses and tunnels', () => {
  const pool = (name: string, spec: object): object => ({
    metadata: { name },
    spec: { cidr: '10.1.0.0/16', ...spec },
  });
  const { value } = readPools({
    items: [
      pool('plain', {}),
      pool('vxlan', { vxlanMode: 'Always', ipipMode: 'Never', natOutgoing: true }),
      pool('ipip', { ipipMode: 'CrossSubnet', disabled: true }),
      pool('lb', { allowedUses: ['LoadBalancer'] }),
      pool('both', { allowedUses: ['Tunnel', 'Workload'] }),
    ],
  });
  expect(
    value.map(({ name, natOutgoing, disabled, workload, tunnel }) => [
      name,
      natOutgoing,
      disabled,
      workload,
      tunnel,
    ]),
  ).toEqual([
    ['plain', false, false, true, 'never'],
    ['vxlan', true, false, true, 'always'],
    ['ipip', false, true, true, 'cross-subnet'],
    ['lb', false, false, false, 'never'],
    ['both', false, false, true, 'never'],
  ]);
});

test("Cilium's configuration, and its ip-masq-agent", () => {
  const data = {
    ipam: 'eni',
    'routing-mode': 'native',
    'enable-ipv4-masquerade': 'true',
    'ipv4-native-routing-cidr': '10.0.0.0/8',
    'enable-ip-masq-agent': 'true',
    'bpf-root': '/sys/fs/bpf',
  };
  expect(readCiliumConfig({ data })).toEqual({
    ipam: 'eni',
    routingMode: 'native',
    masquerade: 'true',
    nativeRoutingCidr: '10.0.0.0/8',
    masqAgent: {},
  });
  expect(readCiliumConfig({})).toEqual({});
  expect(readMasqAgent({ data: { config: '{"nonMasqueradeCIDRs":["10.0.0.0/8"]}' } })).toEqual({
    value: ['10.0.0.0/8'],
    more: 0,
  });
  expect(readMasqAgent({ data: { config: '{"masqLinkLocal":true}' } })).toBeUndefined();
  expect(() => readMasqAgent({ data: { config: '[7]' } })).toThrow();
});
