import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import type { Benchmark } from '../benchmark.ts';
import { machine, positive, progressFrom } from '../with-rig.ts';
import { ManyClusters } from './many-clusters.ts';

/** Bytes of heap for one endpoint, in the hub's tables, its agent and the API it lists. */
const bytesAnEndpoint = 12_000;
/** List prices, see docs/cost.md. */
const dollars = { writeUnit: 0.625e-6, readUnit: 0.125e-6 };
const secondsAMonth = 730 * 3600;

/** Many agents that tell everything to one hub, and then one change a second each. */
export const clusters: Benchmark = {
  usage:
    'many agents and one hub in this process [--agents 100] [--pods 10000: of each] [--seconds 60: of one change a second in each cluster] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { agents: text, pods: text, seconds: text, json: { type: 'boolean' } },
    });
    const agents = positive(values.agents, 'agents', 100);
    const pods = positive(values.pods, 'pods', 10_000);
    const seconds = positive(values.seconds, 'seconds', 60);
    if (agents > 200) throw new RangeError('--agents takes at most 200');
    if (tooSmall(agents * pods)) return again(agents * pods);
    const progress = progressFrom(performance.now());
    const result = {
      machine: machine(),
      agents,
      pods,
      ...(await measure({ agents, pods, seconds }, progress)),
    };
    show(result);
    if (values.json) console.log(JSON.stringify(result));
  },
};

type Measured = Awaited<ReturnType<typeof measure>>;

async function measure(
  { agents, pods, seconds }: { agents: number; pods: number; seconds: number },
  progress: (line: string) => void,
) {
  const hub = await ManyClusters.start(agents);
  try {
    const steps = [];
    for (const share of [0.1, 1]) {
      const upTo = Math.max(1, Math.round(agents * share));
      progress(`${upTo} of ${agents} agents with ${pods} pods each tell everything`);
      steps.push(await hub.tellAll(upTo, pods));
    }
    progress(`one change a second in each cluster, ${seconds} s of them`);
    const churn = await hub.churn(seconds);
    const { readUnits, writeUnits } = churn.each;
    const dollarsAMonth =
      agents * secondsAMonth * (readUnits * dollars.readUnit + writeUnits * dollars.writeUnit);
    return { steps, churn: { ...churn, dollarsAMonth: Math.round(dollarsAMonth) }, rssMb: rss() };
  } finally {
    await hub.stop();
  }
}

function show({ agents, pods, steps, churn, rssMb }: Measured & { agents: number; pods: number }): void {
  for (const { endpoints, cpuSeconds, perCoreSecond, readUnits, writeUnits, bytes } of steps)
    console.log(
      `told by start: ${endpoints} endpoints in ${cpuSeconds} s of one core (${perCoreSecond} a second; agents, hub and simulated API together), ${writeUnits} write and ${readUnits} read units an endpoint, ${bytes} bytes on the bus each`,
    );
  const { changes, perCoreSecond, each, dollarsAMonth } = churn;
  console.log(
    `${changes} changes: ${perCoreSecond} a second of one core, ${each.calls} state calls, ${each.writeUnits} write and ${each.readUnits} read units each; one a second in ${agents} clusters: $${dollarsAMonth} of DynamoDB a month`,
  );
  console.log(`${agents * pods} pods: ${rssMb} MB for everything`);
}

function tooSmall(endpoints: number): boolean {
  return getHeapStatistics().heap_size_limit < endpoints * bytesAnEndpoint;
}

/** The same with more memory; what is given on the command line counts only at the start of a process. */
function again(endpoints: number): void {
  const megabytes = Math.ceil((endpoints * bytesAnEndpoint * 1.2) / 2 ** 20);
  const argv = [`--max-old-space-size=${megabytes}`, ...process.argv.slice(1)];
  process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1;
}

function rss(): number {
  return Math.round(process.memoryUsage().rss / 1e6);
}
