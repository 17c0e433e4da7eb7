import type { Stack } from 'aws-cdk-lib';
import { names } from '../app/names.ts';
import type { TableName } from '../core/ports.ts';
import type { Right } from './roles.ts';
import type { Surroundings } from './settings.ts';
import { listingIndex } from './state-tables.ts';

/** The functions, by the folder of their handler. */
export type UseCase =
  | 'ingest-deltas'
  | 'sync-firewall'
  | 'reconcile-firewall'
  | 'rotate-credential'
  | 'sweep'
  | 'answer-approval'
  | 'archive-changes'
  | 'onboard-clusters'
  | 'publish-desired'
  | 'resolve-names'
  | 'tell-hosts'
  | 'serve-lists';

/** `list` is the index of group listings. A conditional write needs no right to read. */
type TableAccess = 'read' | 'write' | 'put' | 'list';

/** Which function touches which table, and how: exactly what its code under lib/app does. */
const tableAccess: Readonly<Record<UseCase, Partial<Record<TableName, readonly TableAccess[]>>>> = {
  'ingest-deltas': {
    endpoints: ['read', 'write'],
    // A shard is verified when no membership of its endpoints is missing.
    memberships: ['read', 'write'],
    // Whether a pod that waits for its firewalls is on them.
    dirty: ['read', 'write'],
    ledger: ['read'],
    control: ['read', 'write'],
  },
  'sync-firewall': {
    // Whether an address still belongs to its endpoint, while a generation is rolled out, and whether the table was lost.
    endpoints: ['read'],
    memberships: ['read'],
    dirty: ['read', 'write'],
    ledger: ['read', 'write'],
    control: ['read', 'write'],
  },
  'reconcile-firewall': {
    // Whether the endpoint of an address was evaluated under the active configuration.
    endpoints: ['read'],
    memberships: ['list'],
    dirty: ['write'],
    ledger: ['read', 'write'],
    control: ['read', 'write'],
  },
  // The configuration, and the answer of the comparison that it asks for.
  'rotate-credential': { control: ['read'] },
  // It finishes endpoints whose settling was interrupted, as ingest would, and looks after quarantines.
  sweep: {
    endpoints: ['read', 'write'],
    memberships: ['read', 'write', 'list'],
    dirty: ['read', 'write'],
    ledger: ['read', 'write'],
    control: ['read', 'write'],
  },
  // A decision about held changes, as the command line would write it.
  'answer-approval': {
    dirty: ['write'],
    ledger: ['read', 'write'],
    control: ['read', 'write'],
  },
  // Whether a cluster was heard, and which asked for the agent.
  'onboard-clusters': { control: ['read', 'write'] },
  // What the firewalls have of each group, and the row of what was published.
  'publish-desired': { ledger: ['read'], control: ['read', 'write'] },
  // It reads whether a host is known, and keeps what it told last; everything else goes through ingest.
  'tell-hosts': { endpoints: ['read'], control: ['read', 'write'] },
  // It takes endpoints through the groups again, as ingest would.
  'resolve-names': {
    endpoints: ['read', 'write'],
    memberships: ['write'],
    dirty: ['write'],
    control: ['read', 'write'],
  },
  // The active configuration; what it writes is a row of its own that its construct names.
  'serve-lists': { control: ['read'] },
  // Rows of the index are written once; the ledger comes by its stream.
  'archive-changes': { history: ['read', 'put'] },
};

export const useCases = Object.keys(tableAccess) as UseCase[];

const actions = {
  read: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
  /** A transaction needs the rights of the single writes in it. */
  write: ['dynamodb:ConditionCheckItem', 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
  put: ['dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
  list: ['dynamodb:Query'],
} as const;

/** What a function may do with the state. */
export function stateRights(stack: Stack, hub: string, useCase: UseCase): Right[] {
  return Object.entries(tableAccess[useCase]).flatMap(([table, access]) => {
    const arn = tableArn(stack, hub, table);
    const title = `${table[0]?.toUpperCase()}${table.slice(1)}`;
    const rows = access.filter((kind) => kind !== 'list').flatMap((kind) => actions[kind]);
    const listing = access.includes('list') ? actions.list : [];
    return [
      { sid: `${title}Rows`, actions: rows, resources: [arn] },
      { sid: `${title}Listing`, actions: listing, resources: [`${arn}/index/${listingIndex}`] },
    ].filter((right) => right.actions.length > 0);
  });
}

function tableArn(stack: Stack, hub: string, table: string): string {
  return stack.formatArn({ service: 'dynamodb', resource: 'table', resourceName: names.table(hub, table) });
}

/** ARN of a queue by its agreed name, or by the beginning of it. */
export function queueArn(stack: Stack, queueName: string): string {
  return stack.formatArn({ service: 'sqs', resource: queueName });
}

/** What Lambda needs to read a queue for a function. */
export function consumeRight(sid: string, arn: string, more: readonly string[] = []): Right {
  const actions = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage', ...more];
  return { sid, actions, resources: [arn] };
}

export function sendRight(sid: string, resources: readonly string[], wildcard?: string): Right {
  return {
    sid,
    actions: ['sqs:GetQueueUrl', 'sqs:SendMessage'],
    resources,
    ...(wildcard === undefined ? {} : { wildcard }),
  };
}

/** Why a function may send to every queue whose name begins alike. */
export const byPrefix =
  'Clusters and networks come and go in stacks of their own; the prefix holds the hub and the kind of queue, nothing else is reachable.';

/** Use of the customer's key, only through the services that hold our data. */
export function keyRights(stack: Stack, { key }: Surroundings, services: readonly string[]): Right[] {
  if (key === undefined) return [];
  return [
    {
      sid: 'CustomerKey',
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resources: [key.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': services.map((service) => `${service}.${stack.region}.amazonaws.com`),
        },
      },
    },
  ];
}

const interfaceActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** Lambda itself needs these to attach a function to a network; the function's own code is denied them. */
export function networkInterfaceRights(stack: Stack): Right[] {
  return [
    {
      sid: 'LambdaAttachesNetwork',
      actions: interfaceActions,
      resources: ['*'],
      wildcard:
        'Lambda checks for these rights on all resources when it attaches a function to a VPC; the next statement takes them from the code.',
    },
    {
      sid: 'CodeManagesNoInterfaces',
      effect: 'Deny',
      actions: interfaceActions,
      resources: ['*'],
      conditions: {
        ArnLike: {
          'lambda:SourceFunctionArn': stack.formatArn({
            service: 'lambda',
            resource: 'function:*',
          }),
        },
      },
    },
  ];
}

/** Own log group, and traces, which have no resources to name. */
export function observabilityRights(logGroupArn: string, traces: boolean): Right[] {
  const log = {
    sid: 'OwnLog',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroupArn],
  };
  if (!traces) return [log];
  return [
    log,
    {
      sid: 'Traces',
      actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      resources: ['*'],
      wildcard: 'X-Ray has no resources that a policy could name for these two actions.',
    },
  ];
}
