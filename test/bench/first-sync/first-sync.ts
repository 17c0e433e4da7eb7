import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { addressesFrom, InProcessHub } from '../in-process.ts';
import { benchGroup } from '../rig.ts';
import { machine, positive, progressFrom } from '../with-rig.ts';

const channels = ['push', 'objects'] as const;

/** Time from `apply` of a group over pods that the hub knows already until an empty firewall has all of them. */
export const firstSync: Benchmark = {
  usage:
    'a new group of pods that are there already, hub in this process [--pods 5000] [--calls-per-minute N: budget of the firewall] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { pods: text, 'calls-per-minute': text, json: { type: 'boolean' } },
    });
    const pods = positive(values.pods, 'pods', 5_000);
    const asked = values['calls-per-minute'];
    const fields = asked === undefined ? {} : { callsPerMinute: positive(asked, 'calls-per-minute', 1) };
    const progress = progressFrom(performance.now());
    const series = [];
    for (const channel of channels) {
      progress(`${pods} pods over ${channel}`);
      series.push(await measure(channel, pods, fields));
    }
    for (const { channel, ms, planMs, calls, writes, stateCalls } of series) {
      console.log(
        `${channel}: ${pods} members ${ms} ms after apply (its plan ${planMs} ms), ${calls} calls of the firewall, ${writes} of them writes, ${stateCalls} state calls`,
      );
    }
    if (values.json) console.log(JSON.stringify({ machine: machine(), pods, ...fields, series }));
  },
};

interface FirstSync {
  channel: string;
  /** Reading the firewall and planning, before anything is activated. */
  planMs: number;
  ms: number;
  calls: number;
  writes: number;
  stateCalls: number;
}

async function measure(
  channel: (typeof channels)[number],
  pods: number,
  fields: { callsPerMinute?: number },
): Promise<FirstSync> {
  const hub = await InProcessHub.start(fields);
  try {
    const group = `first-${channel}`;
    await hub.pods('come', group, addressesFrom(64, pods));
    await hub.work();
    const before = hub.calls();
    const stateBefore = hub.tables.usage.calls;
    const began = performance.now();
    await hub.apply({ [group]: benchGroup(group, { edge: channel }) });
    const planned = performance.now();
    await hub.work({ wait: true, enough: () => hub.members(group, channel).length >= pods });
    const ended = performance.now();
    const members = hub.members(group, channel).length;
    if (members !== pods) throw new Error(`${members} instead of ${pods} members`);
    const after = hub.calls();
    return {
      channel,
      planMs: Math.round(planned - began),
      ms: Math.round(ended - planned),
      calls: after.calls - before.calls,
      writes: after.writes - before.writes,
      stateCalls: hub.tables.usage.calls - stateBefore,
    };
  } finally {
    await hub.stop();
  }
}
