import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';

/** Lines that hold this text in the logs whose group's name holds `part`, since a moment. */
export async function logLines(part: string, text: string, since: number): Promise<string[]> {
  const client = new CloudWatchLogsClient({});
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  const lines: string[] = [];
  for (const { logGroupName } of logGroups.filter((group) => group.logGroupName?.includes(part))) {
    const { events = [] } = await client.send(
      new FilterLogEventsCommand({ logGroupName, startTime: since, limit: 10_000 }),
    );
    lines.push(...events.map(({ message = '' }) => message).filter((line) => line.includes(text)));
  }
  client.destroy();
  return lines;
}
