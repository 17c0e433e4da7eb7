import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  StreamViewType,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { tableNames } from '../app/environment.ts';
import { names } from '../app/names.ts';
import type { TableName } from '../core/ports.ts';
import { acknowledge } from './acknowledge.ts';
import type { Surroundings } from './settings.ts';

/** Tables that hold decisions and history; the others are rebuilt from the clusters. */
const backedUp: readonly TableName[] = ['ledger', 'control', 'history'];
/** Rows whose time is over go by themselves: attribute `expiresAt`, in seconds. */
const withExpiry: readonly TableName[] = ['ledger', 'history', 'control'];
/** Every kind of row has one item per id. */
const withoutSortKey: readonly TableName[] = ['control'];

/** Name of the index that lists a group: partition `bucket`, sort `pk`, keys only because a listing needs no more. */
export const listingIndex = 'by-group';

/** The six tables. They outlive the stack: losing it must not lose what stands on the firewalls. */
export class StateTables extends Construct {
  /** With a stream of its changes. */
  readonly ledger: Table;

  constructor(scope: Construct, id: string, surroundings: Surroundings) {
    super(scope, id);
    const tables = tableNames.map((name) => [name, this.add(name, surroundings)] as const);
    this.ledger = new Map<TableName, Table>(tables).get('ledger') as Table;
  }

  private add(name: TableName, { hub, key }: Surroundings): Table {
    const recovery = backedUp.includes(name);
    const table = new Table(this, name, {
      tableName: names.table(hub.name, name),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      ...(withoutSortKey.includes(name) ? {} : { sortKey: { name: 'sk', type: AttributeType.STRING } }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: recovery },
      ...(withExpiry.includes(name) ? { timeToLiveAttribute: 'expiresAt' } : {}),
      ...(name === 'ledger' ? { stream: StreamViewType.NEW_AND_OLD_IMAGES } : {}),
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(key === undefined
        ? {}
        : ({
            encryption: TableEncryption.CUSTOMER_MANAGED,
            encryptionKey: key,
          } satisfies Partial<TableProps>)),
    });
    if (name === 'memberships') {
      table.addGlobalSecondaryIndex({
        indexName: listingIndex,
        partitionKey: { name: 'bucket', type: AttributeType.STRING },
        sortKey: { name: 'pk', type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
    if (!recovery) {
      acknowledge(table, {
        id: 'AwsSolutions-DDB3',
        reason: `${name} is derived: agents and the sweep rebuild it, and an old copy would be wrong rather than useful.`,
      });
    }
    return table;
  }
}
