import type { HubConfiguration } from './model.ts';
import { names } from '../names.ts';

/** Functions of the hub that look at EC2, also in other accounts. */
export type Looker = 'resolver' | 'hosts';

type HubOfRoles = Pick<HubConfiguration, 'name' | 'account' | 'rolePath'>;

/** Partition of a region, by how its name begins (AWS general reference). */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/**
 * ARN of a role that bears an agreed name. In other accounts a role of the same name and path is what ours is reached by, or what ours
 * takes there.
 */
export function roleArn(
  { rolePath = '/' }: Pick<HubConfiguration, 'rolePath'>,
  { account, region }: { account: string; region: string },
  name: string,
): string {
  return `arn:${partitionOf(region)}:iam::${account}:role${rolePath}${name}`;
}

/** Name of the role of a function that looks, and of the role that it takes in another account. */
export function lookerRole(hub: string, looker: Looker): string {
  return looker === 'hosts' ? names.hostsRole(hub) : names.resolverRole(hub);
}

/**
 * The role by which a function looks at EC2 of a place: the configured one, else the one that the stack of the account makes; undefined in
 * the account of the hub, where the function looks by itself.
 */
export function readRoleOf(
  hub: HubOfRoles,
  place: { account: string; region: string; readRole?: string | undefined },
  looker: Looker,
): string | undefined {
  if (place.account === hub.account) return undefined;
  return place.readRole ?? roleArn(hub, place, lookerRole(hub.name, looker));
}
