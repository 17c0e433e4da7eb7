import type { AwsAccess } from '../../core/firewall.ts';
import { markTag, offerTag } from './tags.ts';
import { partitionOf, type PrefixListSettings } from './schema.ts';

/**
 * What the role of a function needs: it changes lists that carry a tag of ours alone, and makes none without it. To describe lists cannot be limited
 * to some. The Service Authorization Reference of EC2 (as of June 2026) names each condition for its action and `prefix-list` as the resource of all but
 * `DescribeManagedPrefixLists`; the policy AWSFaultInjectionSimulatorNetworkAccess, which AWS manages, limits making, tagging, changing and deleting lists in the same way.
 */
export function awsAccess({ account, region }: PrefixListSettings): AwsAccess {
  const lists = [`arn:${partitionOf(region)}:ec2:${region}:${account}:prefix-list/*`];
  const place = `${region}:${account}`.replaceAll(/\W/g, '');
  const wildcard = 'Lists are made by groups of the active configuration; tags tell which are ours.';
  const tagged = (key: string) => ({ Null: { [key]: 'false' } });
  return {
    account,
    region,
    service: 'ec2',
    reads: [
      {
        sid: `SeesPrefixLists${place}`,
        actions: ['ec2:DescribeManagedPrefixLists'],
        resources: ['*'],
        wildcard: 'EC2 takes no resource for this action.',
      },
      {
        sid: `ReadsPrefixLists${place}`,
        actions: ['ec2:GetManagedPrefixListAssociations', 'ec2:GetManagedPrefixListEntries'],
        resources: lists,
        wildcard,
      },
    ],
    writes: [
      {
        sid: `OwnPrefixLists${place}`,
        actions: ['ec2:DeleteManagedPrefixList', 'ec2:ModifyManagedPrefixList'],
        resources: lists,
        conditions: tagged(`aws:ResourceTag/${markTag}`),
        wildcard,
      },
      {
        sid: `OfferedPrefixLists${place}`,
        actions: ['ec2:ModifyManagedPrefixList'],
        resources: lists,
        conditions: tagged(`aws:ResourceTag/${offerTag}`),
        wildcard,
      },
      {
        sid: `MakesPrefixLists${place}`,
        actions: ['ec2:CreateManagedPrefixList'],
        resources: lists,
        conditions: tagged(`aws:RequestTag/${markTag}`),
        wildcard,
      },
      {
        sid: `TagsNewPrefixLists${place}`,
        actions: ['ec2:CreateTags'],
        resources: lists,
        conditions: {
          StringEquals: { 'ec2:CreateAction': 'CreateManagedPrefixList' },
          ...tagged(`aws:RequestTag/${markTag}`),
        },
        wildcard,
      },
    ],
  };
}
