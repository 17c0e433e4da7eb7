import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiKind, startApi } from '../../../lib/sandbox/kubernetes/choose.ts';
import { Gate } from '../../support/gate.ts';
import { type Sample, slope } from '../soak/memory.ts';
import { until } from '../until.ts';
import { AgentProcess } from './agent-process.ts';
import { AwsStandIn } from './aws-stand-in.ts';
import { BenchApi } from './bench-api.ts';
import { BenchHub } from './hub.ts';
import { Load } from './load.ts';

const settleMs = 30_000;
const patienceMs = 600_000;
/** A deployment that is rolled while another one is scaled. */
const burst = { deletions: 34, creations: 100 };

export interface Size {
  pods: number;
  /** Labels that change a second. */
  changes: number;
  seconds: number;
  /** Pods that go or come a second, for the slope of memory. */
  churn: number;
  churnMinutes: number;
}

export interface Setting {
  api: ApiKind;
  size: Size;
  directory: string;
  bundle: string;
  /** Options of Node. */
  flags: readonly string[];
  /** Variables of the image. */
  environment: Readonly<Record<string, string>>;
  note: (line: string) => void;
}

type Figures = Record<string, number | undefined>;

interface World {
  setting: Setting;
  load: Load;
  hub: BenchHub;
  gate: Gate;
  /** Starts an agent on the cluster; another one is stopped before, unless they shall be two. */
  start: (options?: { beside: boolean }) => Promise<AgentProcess>;
}

export async function measure(setting: Setting): Promise<Figures> {
  const { bundle, directory, flags, note, size } = setting;
  const api = await startApi(
    { api: setting.api, controllers: false, nodes: false },
    join(directory, 'api'),
    note,
  );
  const aws = new AwsStandIn();
  await aws.start();
  const hub = new BenchHub(aws);
  const kubeconfig = await readFile(api.kubeconfig, 'utf8');
  const server = new URL(/server: "?(https:[^"\s]+)/.exec(kubeconfig)?.[1] ?? '');
  const gate = new Gate(() => Number(server.port));
  await gate.open();
  const through = join(directory, 'kubeconfig');
  await writeFile(through, kubeconfig.replace(server.origin, `https://127.0.0.1:${gate.port}`));
  const writes = await BenchApi.of(api.kubeconfig);
  let agent: AgentProcess | undefined;
  const environment = { ...setting.environment, ...aws.environment, KUBECONFIG: through };
  const start = async ({ beside } = { beside: false }): Promise<AgentProcess> => {
    if (!beside) await agent?.stop();
    agent = await AgentProcess.start(bundle, flags, environment);
    return agent;
  };
  try {
    const load = new Load(writes);
    const world: World = { setting, load, hub, gate, start };
    const baseline = await idle(await start());
    note(`an agent of an empty cluster takes ${baseline} MB`);
    await agent?.stop();
    await load.fill(size.pods);
    note(`${size.pods} pods are there`);
    const started = await starts(world);
    const busy = await underChanges(world, started.agent);
    const swept = await sweepBurst(world);
    const growth = await grows(world, started.agent);
    const taken = await takesOver(world, started.agent);
    const ratio = Math.round(((busy['busyRssMb'] ?? 0) / baseline) * 100) / 100;
    return {
      baselineRssMb: baseline,
      ...started.figures,
      ...busy,
      ratioToBaseline: ratio,
      ...swept,
      ...growth,
      ...taken,
    };
  } finally {
    await agent?.stop();
    aws.stop();
    writes.close();
    await Promise.all([gate.close(), api.stop()]);
  }
}

/** Memory of the same process with nothing to watch, in the same run. */
async function idle(agent: AgentProcess): Promise<number> {
  await until(async () => agent.ready(), patienceMs);
  await delay(settleMs);
  return agent.megabytes();
}

/** The first start, of which the hub knows nothing, and a restart, of which it knows everything. */
async function starts({
  gate,
  hub,
  load,
  setting,
  start,
}: World): Promise<{ agent: AgentProcess; figures: Figures }> {
  const begin = performance.now();
  const first = await start();
  const all = async (): Promise<boolean> => hub.endpoints >= load.endpoints && (await first.ready());
  await until(all, patienceMs);
  const firstStartMs = Math.round(performance.now() - begin);
  const firstPeakMb = first.megabytes('VmHWM');
  setting.note(`the first agent has told everything after ${firstStartMs} ms`);
  await delay(5_000);

  const [sent, listed] = [hub.bytes, gate.answered];
  hub.verifiedAt = undefined;
  const again = performance.now();
  const agent = await start();
  await until(() => hub.verifiedAt !== undefined, patienceMs, 10);
  const verified = (hub.verifiedAt ?? again) - again;
  const listBytes = gate.answered - listed;
  setting.note(`the second agent is verified after ${Math.round(verified)} ms`);
  await delay(settleMs);
  return {
    agent,
    figures: {
      firstStartMs,
      firstPeakMb,
      restartVerifiedMs: Math.round(verified),
      restartBytes: hub.bytes - sent,
      listBytes,
      restartPeakMb: agent.megabytes('VmHWM'),
      steadyRssMb: agent.megabytes(),
    },
  };
}

async function underChanges({ gate, hub, load, setting }: World, agent: AgentProcess): Promise<Figures> {
  const { changes, seconds } = setting.size;
  const idleCpuPercent = await agent.percentDuring(async () => delay(settleMs));
  const [watched, sent] = [gate.answered, hub.endpointBytes];
  let made = 0;
  let busyRssMb = 0;
  const busyCpuPercent = await agent.percentDuring(async () => {
    const work = load.relabel(changes, seconds);
    const timer = setInterval(() => (busyRssMb = Math.max(busyRssMb, agent.megabytes())), 1_000);
    made = await work;
    clearInterval(timer);
  });
  setting.note(`${made} labels were changed`);
  return {
    idleCpuPercent,
    busyRssMb,
    busyCpuPercent,
    watchBytesPerChange: Math.round((gate.answered - watched) / made),
    busBytesPerChange: Math.round((hub.endpointBytes - sent) / made),
  };
}

/** Deletions and creations at once: how long after the last answer of the API the last of them was on the bus. */
async function sweepBurst({ hub, load, setting }: World): Promise<Figures> {
  hub.heard.clear();
  const begin = performance.now();
  const [gone, made] = await Promise.all([load.delete(burst.deletions), load.create(burst.creations)]);
  const done = performance.now();
  const uids = [...gone, ...made];
  await until(() => uids.every((uid) => (hub.heard.get(uid) ?? 0) > 0), 60_000, 5);
  await delay(1_000);
  const last = Math.max(...uids.map((uid) => hub.heard.get(uid) ?? Infinity));
  setting.note('the burst is over');
  return {
    burstTakesApiMs: Math.round(done - begin),
    burstOnBusMs: Math.round(last - begin),
    burstLagMs: Math.round(last - done),
  };
}

/** The second replica waits; the first is killed without a word. Until the hub has compared everything that the second one says. */
async function takesOver({ hub, setting, start }: World, leader: AgentProcess): Promise<Figures> {
  const follower = await start({ beside: true });
  await until(async () => follower.follows(), patienceMs);
  const followerRssMb = follower.megabytes();
  hub.verifiedAt = undefined;
  const begin = performance.now();
  await leader.kill();
  await until(() => hub.verifiedAt !== undefined, patienceMs, 10);
  const takeOverMs = Math.round((hub.verifiedAt ?? Infinity) - begin);
  setting.note(`the second replica took over after ${takeOverMs} ms`);
  return { followerRssMb, takeOverMs };
}

async function grows({ hub, load, setting }: World, agent: AgentProcess): Promise<Figures> {
  const { churn, churnMinutes } = setting.size;
  const samples: Sample[] = [];
  const begin = performance.now();
  const timer = setInterval(() => {
    samples.push({ seconds: (performance.now() - begin) / 1_000, megabytes: agent.megabytes() });
  }, 1_000);
  const made = await load.churn(churn, churnMinutes * 60);
  clearInterval(timer);
  // The first half fills what the collector leaves alone.
  const late = samples.slice(Math.floor(samples.length / 2));
  await delay(settleMs);
  return {
    churned: made,
    churnRssMb: Math.max(...samples.map(({ megabytes }) => megabytes)),
    slopeMbPerHour: Math.round(slope(late) * 36_000) / 10,
    afterChurnRssMb: agent.megabytes(),
    endpointsAtHub: hub.endpoints,
    podsInCluster: load.pods.length,
  };
}
