import type { Configuration } from '../../../lib/app/configuration/model.ts';
import type { AddressGroup, BrakeSettings, GroupTarget } from '../../../lib/core/model/address-group.ts';
import { freezesOf, maintenanceOf } from './closed-times.ts';

/** Whom a group selects, as plain lists: configurations are made from it, and the oracle compares labels with it directly. */
export interface GroupSpec {
  name: string;
  /** Values of the label `app`. */
  apps: readonly string[];
  /** Names of namespaces; undefined for any. */
  namespaces: readonly string[] | undefined;
  /** Required value of the namespace label `stage`. */
  stage: string | undefined;
  addresses: 'pod' | 'node';
  /** Allow groups unless it says `deny`: one that quarantined addresses get into. */
  usedIn?: 'deny';
  /** Takes only the first 63 addresses of each network. */
  narrow?: boolean;
  consistency?: 'all';
  maxMembers: number;
  brakes: BrakeSettings;
  publish: readonly GroupTarget[];
}

export interface ClusterSpec {
  name: string;
  realm: string;
  /** First two numbers of its addresses. */
  network: string;
  sharedRanges: boolean;
}

export interface FirewallSpec {
  name: string;
  device: string;
  plane: string;
  realms: readonly string[];
}

/** Times in which changes wait, minutes since the beginning, in one of the three forms that people write them in. */
export interface ClosedTimes {
  form: 'freeze' | 'never' | 'only';
  /** One firewall, or all (which only a freeze can). */
  firewall: string | undefined;
  strict: boolean;
  times: readonly { from: number; to: number }[];
}

/** Everything a hub is configured with. */
export interface HubSpec {
  name: string;
  clusters: readonly ClusterSpec[];
  firewalls: readonly FirewallSpec[];
  groups: readonly GroupSpec[];
  closed?: readonly ClosedTimes[];
}

export const wide: BrakeSettings = {
  shrink: { minimum: 1_000_000, share: 1 },
  growth: { minimum: 1_000_000, share: 1 },
  windowMinutes: 10,
};
export const tight: BrakeSettings = {
  shrink: { minimum: 3, share: 0.3 },
  growth: { minimum: 3, share: 0.3 },
  windowMinutes: 10,
};

const account = '111122223333';
const region = 'eu-central-1';
export const network = 'lan';

export function identityOf(cluster: string): { account: string; region: string; name: string } {
  return { account, region, name: cluster };
}

/** Objects that hubs make may bear the same name by mistake; what people offer is named for its hub. */
export function objectName(hub: string, group: Pick<GroupSpec, 'name' | 'publish'>): string {
  return group.publish.some(({ create }) => create === 'offered')
    ? `obj-${group.name}-${hub}`
    : `obj-${group.name}`;
}

const narrowAddress = /^\d+\.\d+\.0\.([1-9]|[1-5]\d|6[0-3])$/;

/** Whether a group may publish an address; told from its text alone. */
export function inRangesOf(group: GroupSpec, address: string): boolean {
  return group.narrow !== true || narrowAddress.test(address);
}

export function configurationOf(spec: HubSpec): Configuration {
  const denies = spec.groups.find(({ usedIn }) => usedIn === 'deny');
  const freeze = freezesOf(spec);
  return {
    hub: { name: spec.name, account, region, alarmEmails: [] },
    networks: {
      [network]: { vpc: 'vpc-1', subnets: [], securityGroups: [], endpoints: 'existing', sourceRanges: [] },
    },
    clusters: Object.fromEntries(
      spec.clusters.map(({ name, realm, network: range, sharedRanges }) => [
        name,
        {
          ...identityOf(name),
          realm,
          ranges: [`${range}.0.0/16`],
          sharedRanges,
          cell: 'a',
          namespace: 'zonebridge-system',
          serviceAccount: 'zonebridge-agent',
        },
      ]),
    ),
    firewalls: Object.fromEntries(
      spec.firewalls.map(({ name, device, plane, realms }) => [
        name,
        {
          kind: 'paper',
          network,
          realms,
          reconcileMinutes: 15,
          ...maintenanceOf(spec, name),
          settings: { device, plane },
        },
      ]),
    ),
    ...(freeze.length === 0 ? {} : { approvals: { freeze } }),
    ...(denies ? { quarantine: { group: denies.name } } : {}),
    groups: Object.fromEntries(spec.groups.map((group) => [group.name, groupOf(spec, group)])),
  };
}

/** The two forms of a selector take turns. */
function groupOf({ name: hub, clusters }: HubSpec, spec: GroupSpec): AddressGroup {
  const { addresses, apps, brakes, maxMembers, name, namespaces, publish, stage } = spec;
  const list = apps.map((app) => `'${app}'`).join(', ');
  const asText = apps.length % 2 === 0;
  const places = [
    ...(namespaces
      ? [`kubernetes.io/metadata.name in {${namespaces.map((one) => `'${one}'`).join(', ')}}`]
      : []),
    ...(stage === undefined ? [] : [`stage == '${stage}'`]),
  ];
  return {
    name,
    addresses,
    select: asText
      ? `app in {${list}}`
      : { matchExpressions: [{ key: 'app', operator: 'In', values: [...apps] }] },
    ...(places.length === 0 ? { anyNamespace: true as const } : { namespaces: places.join(' && ') }),
    usedIn: spec.usedIn ?? 'allow',
    maxMembers,
    brakes,
    ...(spec.narrow ? { ranges: clusters.map(({ network: first }) => `${first}.0.0/26`) } : {}),
    ...(spec.consistency ? { consistency: spec.consistency } : {}),
    publish: publish.map((target) => ({ ...target, object: objectName(hub, spec) })),
  };
}
