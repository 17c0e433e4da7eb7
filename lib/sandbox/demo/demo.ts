import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxCluster, sandboxEntry } from '../configuration.ts';
import { givenShop } from '../given/given-shop.ts';
import type { GivenGround } from '../given/ground.ts';
import { PodNews } from '../given/pod-news.ts';
import { explainedLater } from '../given/reach.ts';
import { guestTargets } from '../guest.ts';
import type { ApiKind, ApiSource } from '../kubernetes/choose.ts';
import { Sandbox } from '../sandbox.ts';
import { callsPerChange, percentile } from './figures.ts';
import { nodes, pods, storefrontGroups } from './groups.ts';
import { playMistake, playPeople } from './people.ts';
import { type Shop, Stage, type Step } from './stage.ts';
import {
  playDrain,
  playLabel,
  playMove,
  playNodes,
  playOutage,
  playReplacement,
  playReuse,
  playStart,
} from './storefront.ts';

export interface DemoResult {
  ok: boolean;
  /** The API it was played on. */
  kubernetes: ApiKind | 'given';
  steps: { name: string; ok: boolean; latencyMs?: number; clusterMs?: number }[];
  propagation: { count: number; p50Ms: number | undefined; p99Ms: number | undefined };
  firewallCallsPerChange: { objects: number | undefined; push: number | undefined };
}

/** On what it is played: a cluster that is started for it, or one that somebody has. */
export type Ground = { api: ApiKind } | GivenGround;

export interface DemoOptions {
  /** Emptied first; holds logs and configuration. */
  directory: string;
  ground: Ground;
  /** Kinds of further firewalls that get the storefront, too. */
  guests: readonly string[];
  progress: (line: string) => void;
  onStep: (step: Step) => void;
}

const firewallAwayMs = 10_000;

/** Namespace of the storefront in a cluster of its own. */
const ownNamespace = 'shop';

const manifests = join(import.meta.dirname, '../../../examples/storefront/kubernetes/storefront.yaml');

/** Clusters on AWS often have their pods in the shared address space, too (RFC 6598), or in the range for benchmarks (RFC 2544). */
const givenRanges = [...sandboxEntry.ranges, '100.64.0.0/10', '198.18.0.0/15', 'fd00::/8'];

/** The sandbox of the demo: a 7.4 with pushed feeds and a 6.4 with address objects. */
export function demoSandbox({ directory, ground, guests, progress }: DemoOptions): Sandbox {
  const namespace = ground.api === 'given' ? ground.namespace.name : ownNamespace;
  const entry = ground.api === 'given' ? { ...sandboxEntry, ranges: givenRanges } : sandboxEntry;
  return new Sandbox({
    directory,
    firewalls: {
      [pods.firewall]: { version: '7.4.4', configured: '7.4.4' },
      [nodes.firewall]: { version: '6.4.14', configured: '6.4' },
    },
    clusters: { [sandboxCluster]: { kubernetes: sourceOf(ground), entry } },
    guests,
    groups: storefrontGroups({ namespace, guests: guestTargets(guests) }),
    progress,
  });
}

function sourceOf(ground: Ground): ApiSource {
  if (ground.api !== 'given') return { api: ground.api, controllers: true, nodes: true };
  const { context, kubeconfig } = ground.reached;
  return { api: 'given', kubeconfig, context };
}

/** Starts everything and plays the storefront; the sandbox stays up for whoever wants to look around. */
export async function playDemo(sandbox: Sandbox, options: DemoOptions): Promise<DemoResult> {
  const { directory, ground, onStep, progress } = options;
  await rm(directory, { recursive: true, force: true });
  await sandbox.start();
  const { shop, close } = ground.api === 'given' ? shopIn(ground, sandbox) : ownShop(sandbox);
  const stage = new Stage(sandbox, shop, onStep);
  try {
    if (ground.api !== 'given') await addNodes(stage);
    progress('starting the agent');
    await sandbox.startAgent();
    await sandbox.cluster().agentReady();
    const before = { push: callsPerChange.start(stage, pods), objects: callsPerChange.start(stage, nodes) };
    await (ground.api === 'given' ? playInGiven(stage) : playInOwn(stage));
    const firewallCallsPerChange = {
      objects: callsPerChange.end(stage, nodes, before.objects),
      push: callsPerChange.end(stage, pods, before.push),
    };
    await playOutage(stage, firewallAwayMs);
    await playPeople(stage);
    await playMistake(stage);
    return { ...summary(stage.steps), kubernetes: ground.api, firewallCallsPerChange };
  } catch (error) {
    throw explainedLater(error);
  } finally {
    close();
    await stage.close();
  }
}

function ownShop(sandbox: Sandbox): { shop: Shop; close: () => void } {
  const shop: Shop = {
    namespace: ownNamespace,
    open: () => sandbox.cluster().hands.applyFile(manifests),
    patienceMs: 30_000,
    lookMs: 3,
    graceSeconds: 0,
  };
  return { shop, close: () => undefined };
}

function shopIn(ground: GivenGround, sandbox: Sandbox): { shop: Shop; close: () => void } {
  const news = new PodNews(ground.reached, ground.namespace.name);
  return { shop: givenShop({ ...ground, news }, () => sandbox.cluster().hands), close: () => news.close() };
}

async function addNodes({ cluster }: Stage): Promise<void> {
  for (const [index, name] of ['node-a', 'node-b', 'node-c'].entries())
    await cluster.addNode(name, `10.0.0.${11 + index}`, true);
  await cluster.addNode('node-x', '10.0.0.99', false);
}

async function playInOwn(stage: Stage): Promise<void> {
  await playStart(stage);
  await playMove(stage);
  await playLabel(stage);
  await playDrain(stage);
  await playNodes(stage);
  await playReuse(stage);
}

/** Without what touches nodes, or writes what only a kubelet may write. */
async function playInGiven(stage: Stage): Promise<void> {
  await playStart(stage);
  await playReplacement(stage);
  await playLabel(stage);
  await playNodes(stage);
}

function summary(steps: readonly Step[]): Omit<DemoResult, 'firewallCallsPerChange' | 'kubernetes'> {
  const latencies = steps.filter((step) => step.propagation).flatMap(({ latencyMs }) => latencyMs ?? []);
  return {
    ok: steps.length > 0 && steps.every(({ ok }) => ok),
    steps: steps.map(({ name, ok, latencyMs, clusterMs }) => ({
      name,
      ok,
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(clusterMs === undefined ? {} : { clusterMs }),
    })),
    propagation: {
      count: latencies.length,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
    },
  };
}
