import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { readStatus } from '../../../lib/app/commands/status.ts';
import { addToEnvironments } from '../../support/hub/functions.ts';
import { SeededRandom } from '../../support/ports.ts';
import type { Benchmark } from '../benchmark.ts';
import { type Spread, spread } from '../propagation/figures.ts';
import { readInvocations } from '../propagation/invocations.ts';
import { benchGroup, type Rig } from '../rig.ts';
import { until } from '../until.ts';
import { machine, positive, progressFrom, withRig } from '../with-rig.ts';
import { ailAgent, ailFirewalls, slowMs } from './faults.ts';
import { Arrivals } from './arrivals.ts';
import { type Leftovers, readLeftovers } from './leftovers.ts';
import { Load } from './load.ts';
import { type Memory, MemorySampler } from './memory.ts';

const group = 'soak';
const version = { version: '7.4.4', configured: '7.4.4' };
const firewalls = { steady: version, slow: version, flaky: version };
const settleMs = 180_000;
/** Option of Node with which our processes collect garbage often, so that growth is what they keep. */
const collecting = `--import ${pathToFileURL(join(import.meta.dirname, 'collect-preload.ts')).href}`;
/**
 * A process is flat when what it keeps grew by no more than this over the middle of the run. The rest is shown and not judged: V8 gives freed
 * pages back late, some 130 MB at a time, so it rises and falls with the last burst.
 */
const flatMb = 15;

interface SoakOptions {
  minutes: number;
  pods: number;
  rate: number;
  seed: number;
}

/** Many small changes over a long time with one firewall slow and one ill: nothing grows, nothing is left over, nothing is behind. */
export const soak: Benchmark = {
  usage:
    'changes for a long time with faults [--minutes 30] [--pods 5000] [--rate 20: changes a second] [--seed 1] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args,
      options: { minutes: text, pods: text, rate: text, seed: text, json: { type: 'boolean' } },
    });
    const options = {
      minutes: positive(values.minutes, 'minutes', 30),
      pods: positive(values.pods, 'pods', 5_000),
      rate: positive(values.rate, 'rate', 20),
      seed: positive(values.seed, 'seed', 1),
    };
    const progress = progressFrom(performance.now());
    // The agent inherits it; functions get it once they are deployed.
    process.env['NODE_OPTIONS'] = collecting;
    const directory = mkdtempSync(join(tmpdir(), 'zonebridge-soak-'));
    process.env['SOAK_MEMORY'] = directory;
    const groups = { [group]: benchGroup(group, { steady: 'push', slow: 'push', flaky: 'push' }) };
    const result = await withRig({ firewalls, groups, progress }, (rig) =>
      play(rig, options, progress),
    ).finally(() => rmSync(directory, { recursive: true }));
    console.log(show(result));
    if (values.json) console.log(JSON.stringify(result));
    if (!result.ok) process.exitCode = 1;
  },
};

interface SoakResult extends SoakOptions {
  ok: boolean;
  machine: ReturnType<typeof machine>;
  changes: number;
  ratePerSecond: number;
  outages: number;
  /** Change accepted by the API to the steady firewall, by what went on. */
  latency: Record<string, Spread | undefined>;
  lost: number;
  overtaken: number;
  /** Undefined: not in time. */
  settledMs: number | undefined;
  /** Firewalls whose members are not exactly those that they should be. */
  wrong: string[];
  behind: string[];
  memory: Memory[];
  leftovers: Leftovers;
  problems: string[];
}

async function play(rig: Rig, options: SoakOptions, progress: (line: string) => void): Promise<SoakResult> {
  progress(`filling ${options.pods} pods`);
  const pods = await rig.runPods(group, options.pods);
  await until(
    () => Object.keys(firewalls).every((id) => rig.size(id, group, 'push') >= options.pods),
    600_000,
  );
  progress('waiting until nothing of the fill is under way any more');
  await until(isAtRest, 600_000, 1_000);
  const { AWS_ENDPOINT_URL = '' } = rig.sandbox.environment;
  const { SOAK_MEMORY = '' } = process.env;
  const NODE_OPTIONS = `--enable-source-maps ${collecting}`;
  await addToEnvironments(AWS_ENDPOINT_URL, { NODE_OPTIONS, SOAK_MEMORY });
  const arrivals = new Arrivals(rig.simulator('steady'));
  const load = new Load(rig, { group, pods, random: new SeededRandom(options.seed), arrivals });
  const memory = new MemorySampler(5_000, SOAK_MEMORY);
  progress(`${options.rate} changes a second for ${options.minutes} minutes`);
  const began = performance.now();
  const end = began + options.minutes * 60_000;
  const [, outages] = await Promise.all([
    load.run(options.rate, end),
    ailFirewalls({ slow: rig.simulator('slow'), flaky: rig.simulator('flaky') }, arrivals, end),
    ailAgent(rig, arrivals, options.minutes),
  ]);
  const seconds = (performance.now() - began) / 1000;
  progress('faults are over, waiting until everything is in step');
  memory.sample();
  const inStep = async (): Promise<boolean> => wrongFirewalls(rig, load).length === 0 && (await isQuiet());
  const settledMs = await until(inStep, settleMs, 500);
  arrivals.stop();
  memory.stop();
  const status = await readStatus(rig.sandbox.app);
  const behind = status.firewalls.filter(({ health }) => health !== 'in step');
  const result = {
    ...options,
    machine: machine(),
    changes: load.changes,
    ratePerSecond: Math.round((load.changes / seconds) * 10) / 10,
    outages,
    latency: Object.fromEntries([...arrivals.latencies].map(([phase, all]) => [phase, spread(all)])),
    lost: arrivals.lost(rig.sandbox.view('steady').members(group, 'push') ?? []),
    overtaken: arrivals.overtaken,
    settledMs,
    wrong: wrongFirewalls(rig, load),
    behind: behind.map(({ firewall, health, lastError }) =>
      `${firewall}: ${health} ${lastError ?? ''}`.trim(),
    ),
    memory: memory.results(),
    leftovers: await readLeftovers(),
  };
  const problems = problemsOf(result, load.wanted().size);
  return { ...result, problems, ok: problems.length === 0 };
}

/** Everything that should not be so, in words. */
function problemsOf(result: Omit<SoakResult, 'ok' | 'problems'>, members: number): string[] {
  const { dirty = 0, memberships = 0 } = result.leftovers.tables;
  const ours = result.memory.filter((one) => one.ours);
  return [
    ...result.wrong.map((firewall) => `${firewall} has other members than it should`),
    ...result.behind,
    ...(result.lost > 0 ? [`${result.lost} changes never reached the steady firewall`] : []),
    ...(dirty > 0 ? [`${dirty} dirty rows are left`] : []),
    ...(memberships === members ? [] : [`${memberships} memberships for ${members} members`]),
    ...Object.entries(result.leftovers.queues).map(
      ([queue, count]) => `${count} messages are left in ${queue}`,
    ),
    ...ours.flatMap(({ process: name, kept }) => grown(`what ${name} keeps`, kept)),
  ];
}

function grown(what: string, memory: Memory['kept']): string[] {
  if (!memory) return [`${what} was not told`];
  const { earlyMb, lateMb } = memory;
  return lateMb - earlyMb > flatMb ? [`${what} grew from ${earlyMb} to ${lateMb} MB`] : [];
}

function wrongFirewalls(rig: Rig, load: Load): string[] {
  const wanted = load.wanted();
  return Object.keys(firewalls).filter((firewall) => {
    const members = rig.sandbox.view(firewall).members(group, 'push') ?? [];
    return members.length !== wanted.size || members.some((address) => !wanted.has(address));
  });
}

async function isQuiet(): Promise<boolean> {
  const { tables, queues } = await readLeftovers(['dirty']);
  return tables['dirty'] === 0 && Object.keys(queues).length === 0;
}

/** The fill is not what is measured: its audit keeps the emulator, which serves one event source after the other, busy for a while. */
async function isAtRest(): Promise<boolean> {
  const now = Date.now();
  const recent = await readInvocations(now - 3_000, now);
  return !recent.some(({ useCase }) => useCase === 'archive-changes') && (await isQuiet());
}

function show(result: SoakResult): string {
  const memory = new Table({
    head: ['process', 'early MB', 'late MB', 'MB/h', 'kept MB', 'outside of V8 MB'],
    style: { head: [], border: [] },
  });
  for (const one of result.memory) {
    const told = [one.kept, one.outside].map((of) => (of ? `${of.earlyMb} to ${of.lateMb}` : '-'));
    memory.push([one.process, one.earlyMb, one.lateMb, one.slopeMbPerHour, ...told]);
  }
  const latency = Object.entries(result.latency).map(
    ([phase, of]) => `${phase}: p50 ${of?.p50 ?? '-'} ms, p99 ${of?.p99 ?? '-'} ms of ${of?.count ?? 0}`,
  );
  return [
    `${result.changes} changes (${result.ratePerSecond}/s), ${result.outages} outages of one firewall, another ${slowMs} ms slow`,
    ...latency,
    `${result.lost} lost, ${result.overtaken} overtaken by the next change of the same address; in step ${result.settledMs ?? 'not in time, in'} ms after the faults ended`,
    memory.toString(),
    `Left over: ${JSON.stringify(result.leftovers)}`,
    result.ok ? 'All well.' : result.problems.join('\n'),
  ].join('\n');
}
