import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startKubernetesSimulator } from '../../../lib/kubernetes/simulator/index.ts';
import { startMinistack } from '../../../lib/sandbox/aws/ministack.ts';
import { Cluster } from '../../../lib/sandbox/cluster.ts';
import type { Benchmark } from '../benchmark.ts';
import { until } from '../until.ts';
import { machine, positive, progressFrom } from '../with-rig.ts';
import { HubStandIn } from './hub-stand-in.ts';

const project = join(import.meta.dirname, '../../..');
const namespace = 'shop';
const ticksPerSecond = 100;
const podsPerNode = 100;

/** Memory and processor time of the bundled agent, which the resource requests of its manifests come from. */
export const footprint: Benchmark = {
  usage: 'memory and CPU of the bundled agent [--pods 10000] [--changes 10] [--seconds 60] [--json]',
  async run(args) {
    const text = { type: 'string' } as const;
    const options = { pods: text, changes: text, seconds: text, json: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args, options });
    const size = {
      pods: positive(values.pods, 'pods', 10_000),
      changes: positive(values.changes, 'changes', 10),
      seconds: positive(values.seconds, 'seconds', 60),
    };
    const directory = await mkdtemp(join(tmpdir(), 'zonebridge-footprint-'));
    try {
      const result = { ...(await measure(size, directory)), ...machine() };
      for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(22)} ${value}`);
      if (values.json) console.log(JSON.stringify(result));
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

interface Size {
  pods: number;
  /** A second. */
  changes: number;
  seconds: number;
}

async function measure(size: Size, directory: string): Promise<Record<string, number>> {
  const note = progressFrom(performance.now());
  const build = ['scripts/build.ts', '--out', directory];
  execFileSync(process.execPath, build, { cwd: project, stdio: 'ignore' });
  const api = await startKubernetesSimulator({
    directory: join(directory, 'api'),
    controllers: true,
    nodes: Math.ceil(size.pods / podsPerNode),
  });
  const aws = await startMinistack({ directory: join(directory, 'aws') });
  const hub = new HubStandIn(aws);
  let agent: ChildProcess | undefined;
  try {
    await hub.start();
    const cluster = new Cluster(api.kubeconfig);
    const names = await fill(cluster, size.pods);
    note(`${size.pods} pods are there`);
    const begin = performance.now();
    const started = await startAgent(join(directory, 'agent', 'main.mjs'), {
      ...hub.environment,
      KUBECONFIG: api.kubeconfig,
    });
    agent = started.agent;
    const ready = async () => (await fetch(`http://127.0.0.1:${started.port}/readyz`)).status === 200;
    await until(ready, 300_000);
    const startMs = Math.round(performance.now() - begin);
    const pid = agent.pid ?? 0;
    const startPeakMb = memory(pid, 'VmHWM');
    note(`the agent is ready after ${startMs} ms`);
    await delay(30_000);
    const sent = hub.bytes;
    const idle = await during(pid, 30, async () => delay(30_000));
    note('idle is measured');
    const busy = await during(pid, size.seconds, async () => churn(cluster, names, size));
    return {
      pods: size.pods,
      startMs,
      startPeakMb,
      idleRssMb: idle.rssMb,
      idleCpuPercent: idle.cpuPercent,
      changesPerSecond: size.changes,
      busyRssMb: busy.rssMb,
      busyCpuPercent: busy.cpuPercent,
      peakMb: memory(pid, 'VmHWM'),
      busyBytes: hub.bytes - sent,
    };
  } finally {
    agent?.kill('SIGKILL');
    hub.stop();
    await Promise.all([api.stop(), aws.stop()]);
  }
}

/** Deployments whose pods the simulator runs by itself; gives their names. */
async function fill(cluster: Cluster, pods: number): Promise<string[]> {
  await cluster.addNamespace(namespace);
  const labels = { app: 'storefront', 'app.kubernetes.io/part-of': 'shop', team: 'payments', tier: 'web' };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'c', image: 'registry.example/c:1' }] },
  };
  const spec = { replicas: pods, selector: { matchLabels: labels }, template };
  await cluster.apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec } });
  for (;;) {
    const running = await cluster.pods(namespace, 'app=storefront');
    if (running.length === pods) return running.map(({ metadata }) => metadata?.name ?? '');
    await delay(1_000);
  }
}

/** One label of a pod at a time, evenly. */
async function churn(cluster: Cluster, names: readonly string[], { changes, seconds }: Size): Promise<void> {
  const begin = performance.now();
  for (let count = 0; count < changes * seconds; count++) {
    await cluster.label(namespace, names[(count * 7919) % names.length] ?? '', { turn: String(count) });
    const due = begin + ((count + 1) * 1_000) / changes;
    await delay(Math.max(0, due - performance.now()));
  }
}

async function startAgent(
  bundle: string,
  environment: Record<string, string>,
): Promise<{ agent: ChildProcess; port: string }> {
  const agent = spawn(process.execPath, ['--permission', '--allow-fs-read=*', bundle], {
    env: { ...environment, PATH: process.env['PATH'], ZONEBRIDGE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>((resolve, reject) => {
    agent.once('exit', () => reject(new Error('the agent ended')));
    createInterface({ input: agent.stdout }).on('line', (line) => {
      const found = /"port":(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { agent, port };
}

async function during(
  pid: number,
  seconds: number,
  work: () => Promise<void>,
): Promise<{ rssMb: number; cpuPercent: number }> {
  const before = processorTicks(pid);
  await work();
  const used = (processorTicks(pid) - before) / ticksPerSecond;
  return { rssMb: memory(pid, 'VmRSS'), cpuPercent: Math.round((used / seconds) * 1_000) / 10 };
}

/** Megabytes (10^6 bytes) as Linux counts them. */
function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round((Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1_000_000);
}

/** User and system time; fields 14 and 15 of /proc/<pid>/stat, counted behind the name in brackets. */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
