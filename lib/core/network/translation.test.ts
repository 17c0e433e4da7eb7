import { describe, expect, test } from 'vitest';
import { parseRanges } from '../model/address.ts';
import { networkReport, type NetworkReport } from './report.ts';
import { sightOf, unseen } from './sight.ts';
import { readNetwork } from './translation.ts';

const awsNode = { excluded: [], customNetworking: false, ipv6: false, scheduled: 3 };
const pool = {
  name: 'default-ipv4-ippool',
  cidr: '192.168.0.0/16',
  natOutgoing: true,
  disabled: false,
  workload: true,
  tunnel: 'always' as const,
};

function report(more: Partial<NetworkReport>): NetworkReport {
  return networkReport.parse({ nodes: 3, autoNodes: 0, unread: [], more: 0, ...more });
}

interface Case {
  given: Partial<NetworkReport>;
  cluster?: string[];
  destinations?: string[];
  sees: string;
  because: RegExp;
  except?: string[];
  routable?: string;
}

const cases: Record<string, Case> = {
  'EKS as it comes: aws-node without settings': {
    given: { vpcCni: awsNode },
    sees: 'node',
    because: /EXTERNALSNAT=false \(the default\)$/,
    routable: 'yes',
  },
  'external SNAT': {
    given: { vpcCni: { ...awsNode, externalSnat: 'true' } },
    sees: 'pod',
    because: /EXTERNALSNAT=true$/,
  },
  'external SNAT as Go reads it': {
    given: { vpcCni: { ...awsNode, externalSnat: 'T' } },
    sees: 'pod',
    because: /EXTERNALSNAT=T$/,
  },
  'external SNAT with a word that is no boolean': {
    given: { vpcCni: { ...awsNode, externalSnat: 'yes please' } },
    sees: 'unknown',
    because: /neither true nor false/,
  },
  'an excluded range that holds all destinations': {
    given: { vpcCni: { ...awsNode, externalSnat: 'false', excluded: ['172.16.0.0/12'] } },
    destinations: ['172.20.0.0/16'],
    sees: 'pod',
    because: /excepted by AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS/,
    except: ['172.16.0.0/12'],
  },
  'an excluded range, and nobody said what lies behind the firewall': {
    given: { vpcCni: { ...awsNode, excluded: ['172.16.0.0/12'] } },
    sees: 'node',
    because: /EXTERNALSNAT=false/,
    except: ['172.16.0.0/12'],
  },
  'a destination that is wider than the excluded range': {
    given: { vpcCni: { ...awsNode, excluded: ['172.16.0.0/16'] } },
    destinations: ['172.16.0.0/12'],
    sees: 'both',
    because: /EXTERNALSNAT/,
  },
  'one of two destinations excluded': {
    given: { vpcCni: { ...awsNode, excluded: ['172.16.0.0/12'] } },
    destinations: ['172.20.0.0/16', '198.51.100.0/24'],
    sees: 'both',
    because: /EXTERNALSNAT/,
  },
  'destinations elsewhere': {
    given: { vpcCni: { ...awsNode, excluded: ['172.16.0.0/12'] } },
    destinations: ['198.51.100.0/24'],
    sees: 'node',
    because: /EXTERNALSNAT/,
  },
  'destinations that may lie in the VPC': {
    given: { vpcCni: awsNode },
    destinations: ['10.30.0.0/16'],
    sees: 'unknown',
    because: /VPC, where the pod's address stays/,
  },
  'everything excluded': {
    given: { vpcCni: { ...awsNode, excluded: ['0.0.0.0/0'] } },
    sees: 'pod',
    because: /excepted/,
  },
  'excluded ranges with host bits, blanks and what is none': {
    given: {
      vpcCni: { ...awsNode, excluded: [' 172.16.5.9/12', 'nonsense', 'fd00::/8', '10.0.0.0/33', ''] },
    },
    sees: 'node',
    because: /EXTERNALSNAT/,
    except: ['172.16.0.0/12'],
  },
  'pods with IPv6 addresses of the VPC CNI': {
    given: { vpcCni: { ...awsNode, ipv6: true } },
    sees: 'unknown',
    because: /IPv6/,
  },
  'a cluster whose ranges are IPv6': {
    given: { vpcCni: awsNode },
    cluster: ['fd00::/8'],
    sees: 'unknown',
    because: /IPv6/,
  },
  'Cilium chained to aws-node, masquerading left to aws-node': {
    given: { vpcCni: { ...awsNode, externalSnat: 'true' }, cilium: { masquerade: 'false' } },
    sees: 'pod',
    because: /EXTERNALSNAT=true/,
  },
  'Cilium chained to aws-node, both translate': {
    given: { vpcCni: awsNode, cilium: { masquerade: 'true' } },
    sees: 'unknown',
    because: /may both translate/,
  },
  "Cilium's ENI mode, aws-node on no node": {
    given: { vpcCni: { ...awsNode, scheduled: 0 }, cilium: { ipam: 'eni', routingMode: 'native' } },
    sees: 'node',
    because: /enable-ipv4-masquerade: true \(the default\)/,
    routable: 'yes',
  },
  "Cilium's ENI mode towards the VPC": {
    given: { cilium: { ipam: 'eni', routingMode: 'native', masquerade: 'true' } },
    destinations: ['10.30.0.0/16'],
    sees: 'unknown',
    because: /VPC/,
  },
  'Cilium with tunnels': {
    given: { cilium: { ipam: 'cluster-pool', routingMode: 'tunnel', masquerade: 'true' } },
    sees: 'node',
    because: /enable-ipv4-masquerade: true$/,
    routable: 'no',
  },
  'Cilium with a native range that holds the destinations': {
    given: { cilium: { routingMode: 'native', masquerade: 'true', nativeRoutingCidr: '172.16.0.0/12' } },
    destinations: ['172.16.9.0/24'],
    sees: 'pod',
    because: /ipv4-native-routing-cidr/,
    routable: 'unknown',
  },
  'Cilium with an ip-masq-agent that names nothing': {
    given: { cilium: { masquerade: 'true', masqAgent: {} } },
    destinations: ['172.16.9.0/24'],
    sees: 'pod',
    because: /ip-masq-agent/,
  },
  'Cilium with an ip-masq-agent that names ranges': {
    given: { cilium: { masquerade: 'true', masqAgent: { except: ['10.0.0.0/8'] } } },
    destinations: ['172.16.9.0/24'],
    sees: 'node',
    because: /masquerade: true/,
    except: ['10.0.0.0/8'],
  },
  'Cilium without masquerading': {
    given: { cilium: { masquerade: 'false' } },
    sees: 'pod',
    because: /masquerade: false/,
  },
  'Calico with tunnels and natOutgoing': {
    given: { pools: [pool] },
    sees: 'node',
    because: /IPPool default-ipv4-ippool: natOutgoing: true/,
    except: ['192.168.0.0/16'],
    routable: 'no',
  },
  'Calico with a disabled pool that excepts the destinations': {
    given: {
      pools: [
        pool,
        {
          ...pool,
          name: 'no-nat',
          cidr: '172.16.0.0/12',
          natOutgoing: false,
          disabled: true,
          tunnel: 'never',
        },
      ],
    },
    destinations: ['172.16.0.0/16'],
    sees: 'pod',
    because: /excepted by the ranges of all IPPools/,
  },
  'Calico without natOutgoing, routed': {
    given: { pools: [{ ...pool, natOutgoing: false, tunnel: 'never' }] },
    sees: 'pod',
    because: /natOutgoing: false/,
    routable: 'unknown',
  },
  'Calico with pools of both kinds': {
    given: { pools: [pool, { ...pool, name: 'plain', cidr: '10.9.0.0/16', natOutgoing: false }] },
    sees: 'unknown',
    because: /true in default-ipv4-ippool, false in plain/,
  },
  'a pool of load balancers does not count': {
    given: {
      pools: [pool, { ...pool, name: 'lb', cidr: '10.9.0.0/16', natOutgoing: false, workload: false }],
    },
    sees: 'node',
    because: /natOutgoing: true/,
  },
  'Calico with IPv6 alone': {
    given: { pools: [{ ...pool, cidr: 'fd00:1::/48' }] },
    sees: 'unknown',
    because: /no IPPool gives pods IPv4/,
  },
  'aws-node beside policies and pools of Calico': {
    given: { vpcCni: awsNode, pools: [{ ...pool, natOutgoing: false }] },
    sees: 'node',
    because: /aws-node/,
  },
  'Auto Mode as it comes': {
    given: { autoNodes: 3, autoMode: { nodeClasses: [{ name: 'default' }] } },
    sees: 'node',
    because: /NodeClass default: snatPolicy: Random/,
    routable: 'yes',
  },
  'Auto Mode without translation': {
    given: { autoNodes: 3, autoMode: { nodeClasses: [{ name: 'default', snatPolicy: 'Disabled' }] } },
    sees: 'pod',
    because: /snatPolicy: Disabled/,
  },
  'Auto Mode with two minds': {
    given: {
      autoNodes: 3,
      autoMode: { nodeClasses: [{ name: 'default' }, { name: 'plain', snatPolicy: 'Disabled' }] },
    },
    sees: 'unknown',
    because: /differ in snatPolicy/,
  },
  'Auto Mode beside own nodes that do the same': {
    given: { autoNodes: 1, vpcCni: awsNode, autoMode: { nodeClasses: [{ name: 'default' }] } },
    sees: 'node',
    because: /EXTERNALSNAT.*snatPolicy/,
  },
  'Auto Mode beside own nodes that do otherwise': {
    given: {
      autoNodes: 1,
      vpcCni: { ...awsNode, externalSnat: 'true' },
      autoMode: { nodeClasses: [{ name: 'default' }] },
    },
    sees: 'unknown',
    because: /1 of 3 nodes are of EKS Auto Mode.*they differ/,
  },
  'nothing we know': { given: {}, sees: 'unknown', because: /no network plugin that we know/ },
  'aws-node is forbidden to read, pools are there': {
    given: { pools: [pool], unread: [{ part: 'aws-node', why: '403' }] },
    sees: 'unknown',
    because: /could not read the DaemonSet kube-system\/aws-node: "403"/,
  },
  'NodeClasses are forbidden to read': {
    given: { autoNodes: 3, unread: [{ part: 'node-classes', why: '403' }] },
    sees: 'unknown',
    because: /NodeClasses/,
  },
  'the ranges of the ip-masq-agent are forbidden to read': {
    given: { cilium: { masqAgent: {} }, unread: [{ part: 'ip-masq-agent', why: '403' }] },
    sees: 'unknown',
    because: /ip-masq-agent/,
  },
  'what was left out could decide': {
    given: { vpcCni: awsNode, more: 1 },
    sees: 'unknown',
    because: /too many/,
  },
};

describe('what a firewall sees', () => {
  test.each(Object.entries(cases))('%s', (_, one) => {
    const network = readNetwork(report(one.given));
    const sight = sightOf(network, {
      cluster: parseRanges(one.cluster ?? ['10.20.0.0/16', '10.30.0.0/16']),
      destinations: one.destinations && parseRanges(one.destinations),
    });
    expect(sight.sees, sight.because).toBe(one.sees);
    expect(sight.because).toMatch(one.because);
    if (one.except) expect(sight.except.filter((range) => range !== 'the VPC')).toEqual(one.except);
    if (one.routable) expect(network.routable).toBe(one.routable);
  });
});

describe('what somebody should know', () => {
  const place = { cluster: parseRanges(['10.20.0.0/16']), destinations: undefined };
  const node = sightOf(readNetwork(report({ vpcCni: { ...awsNode, excluded: ['172.16.0.0/12'] } })), place);
  const pod = sightOf(readNetwork(report({ vpcCni: { ...awsNode, externalSnat: 'true' } })), place);
  const unknown = sightOf(readNetwork(report({})), place);
  const network = { cni: 'Cilium', routable: 'unknown' } as const;
  const nobodySaid = { destinationsKnown: false, network };

  test('pod addresses behind the address of the node: the setting, the exceptions, what to do', () => {
    const told = unseen('pod', node, nobodySaid);
    expect(told?.text).toContain('AWS_VPC_K8S_CNI_EXTERNALSNAT=false');
    expect(told?.text).toContain('except towards the VPC, 172.16.0.0/12');
    expect(told?.remedy).toMatch(/addresses: node.*EXCLUDE_SNAT_CIDRS.*`destinations`/);
    expect(unseen('pod', node, { destinationsKnown: true, network })?.remedy).not.toContain('`destinations`');
  });

  test('node addresses that never arrive', () => {
    expect(unseen('node', pod, nobodySaid)?.text).toMatch(/arrive with their own.*EXTERNALSNAT=true/);
  });

  test('nothing where what is published is seen, and nothing that is not known', () => {
    for (const [addresses, sight] of [
      ['pod', pod],
      ['node', node],
      ['pod', unknown],
      ['node', unknown],
      ['service', node],
    ] as const)
      expect(unseen(addresses, sight, nobodySaid)).toBeUndefined();
  });

  test('pods that nothing outside can reach, unless they have the addresses of their nodes there', () => {
    const known = { ...nobodySaid, network: { cni: 'Cilium', routable: 'no' } as const };
    for (const sight of [pod, unknown])
      expect(unseen('pod', sight, known)?.text).toMatch(/nothing outside of the cluster has a way: Cilium/);
    expect(unseen('pod', node, known)?.text).toMatch(/arrive with the addresses of their nodes/);
    expect(unseen('service', pod, known)).toBeUndefined();
  });
});
