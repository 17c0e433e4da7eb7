import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { pulse } from '../../../lib/app/state/pulses.ts';

/** The sweep keeps a row of its own in some tables. */
const withoutPulse = {
  FilterExpression: 'pk <> :pulse',
  ExpressionAttributeValues: { ':pulse': { S: pulse } },
};

/** What lies in tables and queues when everything is over. */
export interface Leftovers {
  /** Items by table. */
  tables: Record<string, number>;
  /** Messages, visible or not, by queue; empty queues are left out. */
  queues: Record<string, number>;
}

/** The index of the audit archive holds rows for every change: it is meant to grow, and counting it takes the emulator minutes. */
const meantToGrow = new Set(['history']);

/** Counts directly in the emulator; all tables unless some are named. */
export async function readLeftovers(only?: readonly string[]): Promise<Leftovers> {
  const [database, messages] = [new DynamoDBClient({}), new SQSClient({})];
  const leftovers: Leftovers = { tables: {}, queues: {} };
  const { TableNames = [] } = await database.send(new ListTablesCommand({}));
  for (const TableName of TableNames) {
    const word = TableName.split('-').at(-1) ?? TableName;
    if (meantToGrow.has(word) || (only && !only.includes(word))) continue;
    let items = 0;
    const pages = paginateScan({ client: database }, { TableName, Select: 'COUNT', ...withoutPulse });
    for await (const { Count = 0 } of pages) items += Count;
    leftovers.tables[word] = items;
  }
  const { QueueUrls = [] } = await messages.send(new ListQueuesCommand({}));
  for (const QueueUrl of QueueUrls) {
    const { Attributes = {} } = await messages.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    const parts = (['', 'NotVisible', 'Delayed'] as const).map((part) =>
      Number(Attributes[`ApproximateNumberOfMessages${part}`] ?? 0),
    );
    const count = parts.reduce((sum, part) => sum + part, 0);
    if (count > 0) leftovers.queues[QueueUrl.split('/').at(-1) ?? QueueUrl] = count;
  }
  database.destroy();
  messages.destroy();
  return leftovers;
}
