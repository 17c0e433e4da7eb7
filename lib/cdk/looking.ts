import type { HubConfiguration } from '../app/configuration/model.ts';
import { type Looker, readRoleOf } from '../app/configuration/role-arns.ts';
import type { Right } from './roles.ts';

/** What the code of each function asks of EC2 (lib/aws/ec2-compute.ts). */
const looks: Readonly<Record<Looker, readonly string[]>> = {
  resolver: ['ec2:DescribeNetworkInterfaces'],
  hosts: ['ec2:DescribeInstances'],
};

/** What a function that looks at EC2 may do: in the hub's own account by itself, in others by a role there. */
export function lookRights(
  hub: HubConfiguration,
  looker: Looker,
  places: readonly { account: string; region: string; readRole?: string | undefined }[],
): Right[] {
  const own = places.some(({ account }) => account === hub.account);
  const roles = [...new Set(places.flatMap((place) => readRoleOf(hub, place, looker) ?? []))].sort();
  return [
    ...(own ? [describing(looker)] : []),
    ...(roles.length === 0 ? [] : [{ sid: 'LooksElsewhere', actions: ['sts:AssumeRole'], resources: roles }]),
  ];
}

/** What the role that it takes in another account may do, in the regions where there is something to look at. */
export function lookedAtRight(looker: Looker, regions: readonly string[]): Right {
  return { ...describing(looker), conditions: { StringEquals: { 'aws:RequestedRegion': [...regions] } } };
}

function describing(looker: Looker): Right {
  return {
    sid: 'LooksAtCompute',
    actions: looks[looker],
    resources: ['*'],
    wildcard: 'EC2 knows no resources for the actions that only describe.',
  };
}
