import { ZonebridgeError } from '../../core/errors.ts';
import type { ClusterConfiguration, Configuration } from './model.ts';
import type { Looker } from './role-arns.ts';

/** What one account beside that of the hub needs for the hub. */
export interface MemberAccount {
  account: string;
  /** Where its stack lies. Roles are known in all regions, so one stack does for all of them. */
  region: string;
  /** Clusters whose agents come to the hub through a role there, by their keys. */
  agents: Readonly<Record<string, ClusterConfiguration>>;
  /** Functions of the hub that look at EC2 there by a role that is not configured, and the regions in which they do. */
  looks: readonly { looker: Looker; regions: readonly string[] }[];
}

/** A thing that needs something in an account. */
interface Need {
  account: string;
  region: string;
  key: string;
  /** Its agent comes through a role. */
  agent?: ClusterConfiguration | undefined;
  looker?: Looker | undefined;
}

/** Accounts beside that of the hub in which something has to be made, in the order of the configuration. */
export function memberAccounts(configuration: Configuration): MemberAccount[] {
  const needs = needsOf(configuration).filter(({ agent, looker }) => agent ?? looker);
  return [...Map.groupBy(needs, ({ account }) => account)].map(([account, here]) => ({
    account,
    region: here[0]?.region ?? configuration.hub.region,
    agents: Object.fromEntries(here.flatMap(({ key, agent }) => (agent === undefined ? [] : [[key, agent]]))),
    looks: (['resolver', 'hosts'] as const)
      .map((looker) => ({ looker, regions: regionsOf(here, looker) }))
      .filter(({ regions }) => regions.length > 0),
  }));
}

/**
 * What one account needs. Throws `account/not-configured` when neither clusters nor hosts lie there, and `account/nothing-to-deploy` when
 * they do without roles of ours.
 */
export function memberAccount(configuration: Configuration, account: string): MemberAccount {
  const members = memberAccounts(configuration);
  const found = members.find((member) => member.account === account);
  if (found) return found;
  const known = members.map((member) => member.account).join(', ') || 'none';
  if (needsOf(configuration).some((need) => need.account === account))
    throw new ZonebridgeError(
      'account/nothing-to-deploy',
      `hub ${configuration.hub.name} needs no role in account ${account} (it does in: ${known})`,
    );
  throw new ZonebridgeError(
    'account/not-configured',
    `no cluster and no hosts of the configuration lie in account ${account} (others than that of the hub: ${known})`,
  );
}

/** Everything that lies in other accounts, clusters first. With an OIDC provider an agent takes the role of the hub at once. */
function needsOf({ hub, clusters, hosts = {} }: Configuration): Need[] {
  const all: Need[] = [
    ...Object.entries(clusters).map(([key, cluster]) => ({
      ...placeOf(cluster),
      key,
      agent: cluster.oidcProvider === undefined ? cluster : undefined,
      looker: cluster.resolveNames && cluster.readRole === undefined ? ('resolver' as const) : undefined,
    })),
    ...Object.entries(hosts).map(([key, section]) => ({
      ...placeOf(section),
      key,
      looker: section.readRole === undefined ? ('hosts' as const) : undefined,
    })),
  ];
  return all.filter(({ account }) => account !== hub.account);
}

function placeOf({ account, region }: { account: string; region: string }) {
  return { account, region };
}

function regionsOf(needs: readonly Need[], wanted: Looker): string[] {
  const regions = needs.filter(({ looker }) => looker === wanted).map(({ region }) => region);
  return [...new Set(regions)].sort();
}
