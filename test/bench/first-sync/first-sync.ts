import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { benchGroup, type Rig } from '../rig.ts';
import { until } from '../until.ts';
import { machine, positive, progressFrom, withRig } from '../with-rig.ts';

const version = { version: '7.4.4', configured: '7.4.4' };
const channels = ['push', 'objects'] as const;
const patienceMs = 900_000;

/** Time from `apply` of a group over many pods that are there already until an empty firewall has all of them. */
export const firstSync: Benchmark = {
  usage: 'a new group of pods that are there already [--pods 5000] [--json]',
  async run(args) {
    const { values } = parseArgs({ args, options: { pods: { type: 'string' }, json: { type: 'boolean' } } });
    const pods = positive(values.pods, 'pods', 5_000);
    const progress = progressFrom(performance.now());
    const options = { firewalls: { push: version, objects: version }, groups: {}, progress };
    const result = await withRig(options, async (rig) => {
      const series = [];
      for (const channel of channels) series.push(await measure(rig, channel, { pods, progress }));
      return { machine: machine(), pods, series };
    });
    for (const { channel, ms, calls, writes } of result.series)
      console.log(
        `${channel}: ${pods} members after ${ms ?? 'not in time,'} ms, ${calls} calls, ${writes} of them writes`,
      );
    if (values.json) console.log(JSON.stringify(result));
    if (result.series.some(({ ms }) => ms === undefined)) process.exitCode = 1;
  },
};

interface FirstSync {
  channel: string;
  /** Undefined: not in time. */
  ms: number | undefined;
  calls: number;
  writes: number;
}

async function measure(
  rig: Rig,
  channel: (typeof channels)[number],
  { pods, progress }: { pods: number; progress: (line: string) => void },
): Promise<FirstSync> {
  const group = `first-${channel}`;
  progress(`${pods} pods`);
  await rig.runPods(group, pods);
  await rig.ingested();
  progress(`apply of a group over ${channel}`);
  const before = rig.traffic(channel);
  const applying = rig.sandbox.apply({ [group]: benchGroup(group, { [channel]: channel }) });
  const ms = await until(() => rig.size(channel, group, channel) >= pods, patienceMs);
  await applying;
  const after = rig.traffic(channel);
  return { channel, ms, calls: after.calls - before.calls, writes: after.writes - before.writes };
}
