import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { now } from '../../../lib/sandbox/cluster.ts';
import { Baseline } from './baseline.ts';
import { type Burst, type Series, spread } from './figures.ts';
import { readInvocations } from './invocations.ts';
import { phasesOf, type Sample } from './phases.ts';
import type { Benchmark } from '../benchmark.ts';
import { benchGroup, namespace, type Rig } from '../rig.ts';
import { machine, progressFrom, withRig } from '../with-rig.ts';
import { table } from './report.ts';
import type { Groups } from '../../../lib/sandbox/configuration.ts';
import { seedDevice } from '../../../lib/firewalls/fortigate/simulator/seed.ts';

const spacingMs = 300;
const patienceMs = 20_000;

const version = { version: '7.4.4', configured: '7.4.4' };
const firewalls = { push: version, objects: version, baseline: { ...version, groupMembers: 100_000 } };

function groupsOf(sizes: readonly number[]): Groups {
  const groups: Groups = {};
  for (const channel of ['push', 'objects'] as const) {
    for (const name of [...sizes, 'burst'].map((size) => `${channel}-${size}`))
      groups[name] = benchGroup(name, { [channel]: channel });
  }
  return groups;
}

/**
 * Time from the API's answer to the write that gives a pod its address, to the commit of the simulated firewall: single changes
 * 300 ms apart at growing group sizes, a burst, and the usual integration's way in the same run as the baseline.
 */
export const propagation: Benchmark = {
  usage:
    'time and cost of single changes and a burst [--json] [--quick: fewer, no 10,000] [--push-only: sizes 10 and 10,000, half the changes]',
  async run(options) {
    const { values } = parseArgs({
      args: options,
      options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, 'push-only': { type: 'boolean' } },
    });
    const { json = false, quick = false } = values;
    const { sizes, changes, channels } = extent({ quick, pushOnly: values['push-only'] ?? false });
    const progress = progressFrom(performance.now());
    const result = await withRig({ firewalls, groups: groupsOf(sizes), progress }, async (rig) => {
      const series: Series[] = [];
      for (const size of sizes) {
        for (const channel of channels) {
          progress(`filling ${channel} to ${size}`);
          await rig.fill(channel, `${channel}-${size}`, size);
          progress(`${changes} single changes over ${channel} at ${size}`);
          series.push(await single(rig, channel, { group: `${channel}-${size}`, size, changes }));
        }
        progress(`${changes} single changes of the baseline at ${size}`);
        series.push(await baseline(rig, { group: `baseline-${size}`, size, changes }));
      }
      progress('a burst of 1,000 over push');
      const burst = await playBurst(rig, 'push', 1_000);
      return { machine: machine(), spacingMs, series, burst, ratios: ratios(series) };
    });
    console.log(table(result));
    if (json) console.log(JSON.stringify(result));
  },
};

function extent({ quick, pushOnly }: { quick: boolean; pushOnly: boolean }): {
  sizes: number[];
  changes: number;
  channels: ('push' | 'objects')[];
} {
  if (pushOnly) return { sizes: [10, 10_000], changes: 100, channels: ['push'] };
  return {
    sizes: quick ? [10, 1_000] : [10, 1_000, 10_000],
    changes: quick ? 40 : 200,
    channels: ['push', 'objects'],
  };
}

interface Load {
  group: string;
  size: number;
  changes: number;
}

async function single(rig: Rig, channel: 'push' | 'objects', load: Load): Promise<Series> {
  const pods = await rig.createPods(load.group, load.changes);
  await delay(1500);
  const before = rig.traffic(channel);
  const from = now();
  const samples = await play(rig, channel, pods);
  await delay(500);
  const traffic = rig.traffic(channel);
  const invocations = await readInvocations(from, now());
  const { phases, usage } = phasesOf(samples, invocations);
  const of = (value: number): number => Math.round((value / load.changes) * 100) / 100;
  return {
    channel,
    size: load.size,
    latency: spread(samples.flatMap(({ latency }) => latency ?? [])),
    phases,
    lost: samples.filter(({ latency }) => latency === undefined).length,
    callsPerChange: of(traffic.calls - before.calls),
    writesPerChange: of(traffic.writes - before.writes),
    bytesPerChange: of(traffic.bytes - before.bytes),
    stateCallsPerChange: of(usage.calls),
    readUnitsPerChange: of(usage.readUnits),
    writeUnitsPerChange: of(usage.writeUnits),
  };
}

/** One address after the other, 300 ms apart, whether the last one has arrived or not. */
async function play(
  rig: Rig,
  firewall: string,
  pods: readonly { name: string; address: string }[],
): Promise<Sample[]> {
  const waiting: Promise<Sample>[] = [];
  for (const { name, address } of pods) {
    const next = performance.now() + spacingMs;
    const from = rig.simulator(firewall).commits.last;
    const answeredAt = await rig.cluster.runPod(namespace, name, address);
    waiting.push(
      rig.committed(firewall, from, address, patienceMs).then((commit) => ({
        answeredAt,
        committedAt: commit?.at,
        latency: commit && Math.max(0, commit.at - answeredAt),
      })),
    );
    await delay(Math.max(0, next - performance.now()));
  }
  return Promise.all(waiting);
}

async function baseline(rig: Rig, load: Load): Promise<Series> {
  seedBaseline(rig, load.group, load.size);
  const integration = new Baseline(rig.simulator('baseline'));
  const pods = await rig.createPods(load.group, load.changes);
  await integration.start(rig.sandbox.cluster().kubeconfig, namespace, `group=${load.group}`);
  const before = rig.traffic('baseline');
  const samples = await play(rig, 'baseline', pods);
  const traffic = rig.traffic('baseline');
  await integration.stop();
  const of = (value: number): number => Math.round((value / load.changes) * 100) / 100;
  return {
    channel: 'baseline',
    size: load.size,
    latency: spread(samples.flatMap(({ latency }) => latency ?? [])),
    phases: {},
    lost: samples.filter(({ latency }) => latency === undefined).length,
    callsPerChange: of(traffic.calls - before.calls),
    writesPerChange: of(traffic.writes - before.writes),
    bytesPerChange: of(traffic.bytes - before.bytes),
  };
}

/** Puts the baseline's group of a size on its device, without a path. */
function seedBaseline(rig: Rig, group: string, size: number): void {
  const members = Array.from({ length: size }, (_, i) => ({ name: `seed-${group}-${i}` }));
  const addresses = members.map(({ name }, i) => ({
    name,
    subnet: `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255} 255.255.255.255`,
  }));
  seedDevice(rig.simulator('baseline').device, {
    rows: { 'firewall/address': addresses, 'firewall/addrgrp': [{ name: group, member: members }] },
  });
}

async function playBurst(rig: Rig, channel: 'push' | 'objects', changes: number): Promise<Burst> {
  const pods = await rig.createPods(`${channel}-burst`, changes);
  await delay(1500);
  const before = rig.traffic(channel);
  const from = rig.simulator(channel).commits.last;
  const answered = new Map<string, number>();
  await rig.each(pods, async ({ name, address }) =>
    answered.set(address, await rig.cluster.runPod(namespace, name, address)),
  );
  const arrived = new Map<string, number>();
  const end = performance.now() + 120_000;
  while (arrived.size < changes && performance.now() < end) {
    await delay(50);
    for (const { at, added } of rig.simulator(channel).commits.after(from)) {
      for (const address of added?.['entries'] ?? [])
        if (answered.has(address) && !arrived.has(address)) arrived.set(address, at);
    }
  }
  const start = Math.min(...answered.values());
  const latencies = [...arrived].map(([address, at]) => Math.max(0, at - (answered.get(address) ?? at)));
  return {
    changes,
    durationMs: Math.round(Math.max(0, ...arrived.values()) - start),
    writes: rig.traffic(channel).writes - before.writes,
    latency: spread(latencies),
    lost: changes - arrived.size,
  };
}

/** Growth with size, and the baseline against us at the same size. */
function ratios(series: readonly Series[]): Record<string, number | undefined> {
  const p50 = (channel: string, size: number): number | undefined =>
    series.find((one) => one.channel === channel && one.size === size)?.latency?.p50;
  const smallest = Math.min(...series.map(({ size }) => size));
  const largest = Math.max(...series.map(({ size }) => size));
  const ratio = (over: number | undefined, under: number | undefined): number | undefined =>
    over === undefined || !under ? undefined : Math.round((over / under) * 100) / 100;
  return {
    pushGrowth: ratio(p50('push', largest), p50('push', smallest)),
    objectsGrowth: ratio(p50('objects', largest), p50('objects', smallest)),
    baselineGrowth: ratio(p50('baseline', largest), p50('baseline', smallest)),
    baselineToPushAtLargest: ratio(p50('baseline', largest), p50('push', largest)),
  };
}
