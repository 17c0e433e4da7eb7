import { Duration, Stack } from 'aws-cdk-lib';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ClusterConfiguration } from '../app/configuration/model.ts';
import { names } from '../app/names.ts';
import type { Monitoring } from './monitoring.ts';
import type { Right } from './roles.ts';
import { Schedules } from './schedules.ts';
import type { Surroundings } from './settings.ts';
import { ZonebridgeFunction } from './zonebridge-function.ts';

export interface ClusterOnboardingRequest {
  surroundings: Surroundings;
  monitoring: Monitoring;
  /** Clusters that get the agent without a person, by their keys. */
  admitted: Readonly<Record<string, ClusterConfiguration>>;
  undelivered: Queue;
  /** Keys that sign what clusters shall have; none where no cluster has `writes`. */
  desiredKeys: readonly Key[];
}

/** Looks for clusters that ask for the agent by their tag, and gives it to those that the configuration admits. */
export class ClusterOnboarding extends Construct {
  readonly function: ZonebridgeFunction;

  constructor(scope: Construct, id: string, request: ClusterOnboardingRequest) {
    super(scope, id);
    const { surroundings, monitoring, undelivered } = request;
    this.function = new ZonebridgeFunction(this, 'OnboardClusters', {
      surroundings,
      monitoring,
      useCase: 'onboard-clusters',
      description: 'Every five minutes: installs the agent in clusters that ask for it and are admitted',
      timeout: Duration.minutes(4),
      memoryMb: 512,
      roleName: names.onboardingRole(surroundings.hub.name),
      rights: [...this.readingRights(request), ...this.changingRights(request)],
      // The manifests that are applied lie beside the code.
      folders: { manifests: 'cluster-agent/manifests' },
    });
    const { lambda } = this.function;
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(5) });
    const schedules = new Schedules(this, 'Schedule', {
      surroundings,
      right: { sid: 'Onboard', actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] },
      targetArn: lambda.functionArn,
      deadLetters: undelivered,
    });
    schedules.every('EveryFiveMinutes', 5, {
      input: {},
      keepSeconds: 240,
      description: 'Looks for new clusters',
    });
  }

  /** Looking at all clusters, and closer at admitted ones. */
  private readingRights({ surroundings, admitted, desiredKeys }: ClusterOnboardingRequest): Right[] {
    const stack = Stack.of(this);
    const eks = inClusters(stack, admitted);
    return [
      {
        sid: 'LooksForClusters',
        actions: ['eks:DescribeCluster', 'eks:ListClusters'],
        resources: [stack.formatArn({ service: 'eks', resource: 'cluster', resourceName: '*' })],
        wildcard: 'Which clusters carry the tag is what it looks for; it reads their description alone.',
      },
      {
        sid: 'ReadsAdmitted',
        actions: ['eks:ListAccessEntries', 'eks:ListAddons', 'eks:ListPodIdentityAssociations'],
        resources: eks('cluster'),
      },
      {
        sid: 'ReadsPartsOfAdmitted',
        actions: ['eks:DescribeAccessEntry', 'eks:DescribeAddon', 'eks:DescribePodIdentityAssociation'],
        resources: [
          ...eks('addon', '/*'),
          ...eks('podidentityassociation', '/*'),
          ...ownEntryIn(stack, surroundings, eks),
        ],
        wildcard: below,
      },
      ...(desiredKeys.length === 0
        ? []
        : [
            {
              sid: 'TellsAgentsTheKey',
              actions: ['kms:GetPublicKey'],
              resources: desiredKeys.map(({ keyArn }) => keyArn),
            },
          ]),
    ];
  }

  /**
   * Changing admitted clusters alone. It may let itself in there as administrator, and nobody else; condition keys as in the service
   * authorization reference of EKS.
   */
  private changingRights({ surroundings, admitted }: ClusterOnboardingRequest): Right[] {
    const { hub } = surroundings;
    const stack = Stack.of(this);
    const eks = inClusters(stack, admitted);
    const role = (name: string): string =>
      stack.formatArn({ service: 'iam', region: '', resource: `role${hub.rolePath ?? '/'}${name}` });
    const ownRole = role(names.onboardingRole(hub.name));
    const ownEntry = ownEntryIn(stack, surroundings, eks);
    const agents = Object.keys(admitted).map((key) => role(names.agentRole(hub.name, key)));
    return [
      { sid: 'AssociatesAgents', actions: ['eks:CreatePodIdentityAssociation'], resources: eks('cluster') },
      {
        sid: 'LetsItselfIn',
        actions: ['eks:CreateAccessEntry'],
        resources: eks('cluster'),
        conditions: { ArnEquals: { 'eks:principalArn': ownRole } },
      },
      {
        sid: 'AsAdministrator',
        actions: ['eks:AssociateAccessPolicy'],
        resources: ownEntry,
        wildcard: below,
        conditions: {
          ArnEquals: {
            'eks:policyArn': `arn:${stack.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`,
          },
        },
      },
      {
        sid: 'LetsItselfOut',
        actions: ['eks:DeleteAccessEntry'],
        resources: ownEntry,
        wildcard: below,
      },
      {
        sid: 'MarksWhatItMakes',
        actions: ['eks:TagResource'],
        resources: [...eks('cluster'), ...eks('access-entry', '/*'), ...eks('podidentityassociation', '/*')],
        wildcard: below,
      },
      {
        sid: 'GivesAgentsTheirRole',
        actions: ['iam:PassRole'],
        resources: agents,
        conditions: { StringEquals: { 'iam:PassedToService': 'pods.eks.amazonaws.com' } },
      },
      { sid: 'ReadsRolesOfAgents', actions: ['iam:GetRole'], resources: agents },
      {
        sid: 'SpeaksForTheHub',
        actions: ['events:PutEvents'],
        resources: [
          stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: names.bus(hub.name) }),
        ],
        conditions: { StringEquals: { 'events:source': names.hubSource } },
      },
    ];
  }
}

const below = 'Ids of what lies in a cluster are made by EKS; the cluster before them is exact.';

/** The access entries of the function itself. */
function ownEntryIn(stack: Stack, { hub }: Surroundings, eks: ReturnType<typeof inClusters>): string[] {
  return eks('access-entry', `/role/${stack.account}/${names.onboardingRole(hub.name)}/*`);
}

/** ARNs of one kind in all admitted clusters. */
function inClusters(stack: Stack, admitted: ClusterOnboardingRequest['admitted']) {
  return (kind: string, rest = ''): string[] =>
    Object.values(admitted).map(({ name }) =>
      stack.formatArn({ service: 'eks', resource: kind, resourceName: `${name}${rest}` }),
    );
}
