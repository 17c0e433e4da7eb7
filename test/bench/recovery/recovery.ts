import { parseArgs } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { benchGroup, type BenchPod, namespace, type Rig } from '../rig.ts';
import { until } from '../until.ts';
import { machine, positive, progressFrom, withRig } from '../with-rig.ts';

const version = { version: '7.4.4', configured: '7.4.4' };
const group = 'recovery';
const patienceMs = 600_000;

/** Time until a firewall that was down while many addresses changed has all of them, and the calls it took. */
export const recovery: Benchmark = {
  usage: 'a firewall that was down [--changes 10000] [--channel push|objects] [--json]',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { changes: { type: 'string' }, channel: { type: 'string' }, json: { type: 'boolean' } },
    });
    const changes = positive(values.changes, 'changes', 10_000);
    const { channel = 'push' } = values;
    if (channel !== 'push' && channel !== 'objects')
      throw new RangeError(`--channel is push or objects, not ${channel}`);
    const progress = progressFrom(performance.now());
    const groups = { [group]: benchGroup(group, { edge: channel }) };
    const result = await withRig({ firewalls: { edge: version }, groups, progress }, (rig) =>
      play(rig, { channel, changes, progress }),
    );
    console.log(
      `down ${Math.round(result.downMs / 1000)} s with ${result.changes} changes over ${channel}: ` +
        `in step ${result.caughtUpMs ?? 'not in time,'} ms after it was back, ${result.calls} calls, ${result.writes} of them writes; ` +
        `most calls in a minute ${result.mostCallsPerMinute}`,
    );
    if (values.json) console.log(JSON.stringify(result));
    if (result.caughtUpMs === undefined) process.exitCode = 1;
  },
};

interface Plan {
  channel: 'push' | 'objects';
  changes: number;
  progress: (line: string) => void;
}

interface Recovery {
  machine: ReturnType<typeof machine>;
  channel: string;
  changes: number;
  downMs: number;
  /** After the firewall answers again; undefined: not in time. */
  caughtUpMs: number | undefined;
  calls: number;
  writes: number;
  mostCallsPerMinute: number;
}

/** Half of the changes bring new addresses, half take those that were there. */
async function play(rig: Rig, { channel, changes, progress }: Plan): Promise<Recovery> {
  const half = Math.ceil(changes / 2);
  progress(`filling ${half} members`);
  const old = await rig.runPods(group, half);
  await until(() => rig.size('edge', group, channel) >= half, patienceMs);
  const fresh = await rig.createPods(group, half);
  const simulator = rig.simulator('edge');
  const [fault] = simulator.faults.add({ kind: 'drop' });
  const began = performance.now();
  progress(`down, ${2 * half} changes`);
  await rig.each(fresh, ({ name, address }) => rig.cluster.runPod(namespace, name, address));
  await rig.each(old, ({ name }) => rig.cluster.deletePod(namespace, name));
  await rig.ingested();
  await until(async () => (await rig.dirty('edge')) >= Math.min(1_000, 2 * half), 60_000, 500);
  const before = rig.traffic('edge');
  simulator.faults.remove(fault?.id);
  const downMs = Math.round(performance.now() - began);
  progress('back');
  const perMinute = countPerMinute(rig);
  const caughtUpMs = await until(() => isInStep(rig, channel, fresh), patienceMs);
  const after = rig.traffic('edge');
  return {
    machine: machine(),
    channel,
    changes: 2 * half,
    downMs,
    caughtUpMs,
    calls: after.calls - before.calls,
    writes: after.writes - before.writes,
    mostCallsPerMinute: perMinute(),
  };
}

function isInStep(rig: Rig, channel: 'push' | 'objects', pods: readonly BenchPod[]): boolean {
  if (rig.size('edge', group, channel) !== pods.length) return false;
  if (channel === 'objects') return true;
  const wanted = new Set(pods.map(({ address }) => address));
  return (rig.sandbox.view('edge').members(group, channel) ?? []).every((address) => wanted.has(address));
}

/** Watches the calls of the firewall; the function it gives ends that and tells the most in any 60 seconds. */
function countPerMinute(rig: Rig): () => number {
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(rig.traffic('edge').calls), 1_000);
  return () => {
    clearInterval(timer);
    seen.push(rig.traffic('edge').calls);
    return Math.max(...seen.map((calls, second) => calls - (seen[Math.max(0, second - 60)] ?? 0)));
  };
}
