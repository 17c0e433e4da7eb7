import { rm } from 'node:fs/promises';
import type { ApiKind } from '../kubernetes/choose.ts';
import { Sandbox } from '../sandbox.ts';
import { callsPerChange, percentile } from './figures.ts';
import { playMistake, playPeople } from './people.ts';
import { nodes, pods, Stage, type Step } from './stage.ts';
import { playCluster, playOutage, storefrontGroups } from './storefront.ts';

export interface DemoResult {
  ok: boolean;
  /** The API it was played on. */
  kubernetes: ApiKind;
  steps: { name: string; ok: boolean; latencyMs?: number }[];
  propagation: { count: number; p50Ms: number | undefined; p99Ms: number | undefined };
  firewallCallsPerChange: { objects: number | undefined; push: number | undefined };
}

export interface DemoOptions {
  /** Emptied first; holds logs and configuration. */
  directory: string;
  kubernetes: ApiKind;
  progress: (line: string) => void;
  onStep: (step: Step) => void;
}

const firewallAwayMs = 10_000;

/** The sandbox of the demo: a 7.4 with pushed feeds and a 6.4 with address objects. */
export function demoSandbox(options: DemoOptions): Sandbox {
  return new Sandbox({
    directory: options.directory,
    firewalls: {
      [pods.firewall]: { version: '7.4.4', configured: '7.4.4' },
      [nodes.firewall]: { version: '6.4.14', configured: '6.4' },
    },
    groups: storefrontGroups(),
    kubernetes: { api: options.kubernetes, controllers: true, nodes: true },
    progress: options.progress,
  });
}

/** Starts everything and plays the storefront; the sandbox stays up for whoever wants to look around. */
export async function playDemo(sandbox: Sandbox, options: DemoOptions): Promise<DemoResult> {
  await rm(options.directory, { recursive: true, force: true });
  await sandbox.start();
  const stage = new Stage(sandbox, options.onStep);
  try {
    options.progress('adding nodes and starting the agent');
    for (const [index, name] of ['node-a', 'node-b', 'node-c'].entries()) {
      await stage.cluster.addNode(name, `10.0.0.${11 + index}`, true);
    }
    await stage.cluster.addNode('node-x', '10.0.0.99', false);
    await sandbox.startAgent();
    await stage.agentReady();
    const before = { push: callsPerChange.start(stage, pods), objects: callsPerChange.start(stage, nodes) };
    await playCluster(stage);
    const firewallCallsPerChange = {
      objects: callsPerChange.end(stage, nodes, before.objects),
      push: callsPerChange.end(stage, pods, before.push),
    };
    await playOutage(stage, firewallAwayMs);
    await playPeople(stage);
    await playMistake(stage);
    return { ...summary(stage.steps), kubernetes: options.kubernetes, firewallCallsPerChange };
  } finally {
    await stage.close();
  }
}

function summary(steps: readonly Step[]): Omit<DemoResult, 'firewallCallsPerChange' | 'kubernetes'> {
  const latencies = steps.filter((step) => step.propagation).flatMap(({ latencyMs }) => latencyMs ?? []);
  return {
    ok: steps.length > 0 && steps.every(({ ok }) => ok),
    steps: steps.map(({ name, ok, latencyMs }) => ({
      name,
      ok,
      ...(latencyMs === undefined ? {} : { latencyMs }),
    })),
    propagation: {
      count: latencies.length,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
    },
  };
}
