import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';

const line = z.object({
  message: z.literal('invocation'),
  useCase: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  calls: z.number(),
  readUnits: z.number(),
  writeUnits: z.number(),
});
export type Invocation = z.infer<typeof line>;

/** Invocations of all functions in a span of time, from their logs, in order of their start. */
export async function readInvocations(from: number, to: number): Promise<Invocation[]> {
  const client = new CloudWatchLogsClient({});
  const found: Invocation[] = [];
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName } of logGroups) {
    let nextToken: string | undefined;
    do {
      const page = await client.send(
        new FilterLogEventsCommand({
          logGroupName,
          startTime: Math.floor(from) - 1000,
          endTime: Math.ceil(to) + 5000,
          nextToken,
        }),
      );
      for (const { message = '' } of page.events ?? []) found.push(...parse(message));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  client.destroy();
  return found
    .filter(({ startedAt }) => startedAt >= from && startedAt <= to)
    .sort((a, b) => a.startedAt - b.startedAt);
}

function parse(message: string): Invocation[] {
  if (!message.includes('"invocation"')) return [];
  try {
    const parsed = line.safeParse(JSON.parse(message.slice(message.indexOf('{'))));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
