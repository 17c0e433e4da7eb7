import { setTimeout as delay } from 'node:timers/promises';
import type { FortigateSimulator } from '../../../lib/firewalls/fortigate/simulator/index.ts';
import type { Rig } from '../rig.ts';
import type { Arrivals } from './arrivals.ts';

/** One firewall answers half a second late, another is down a third of the time, and faulty besides. */
export const slowMs = 500;
const cycleMs = 60_000;
const downMs = 20_000;
/** In this time it is tried again, compared and brought up to date. */
const backMs = 20_000;

const faulty = [
  { kind: 'drop-after-commit', method: 'POST', times: 3 },
  { kind: 'throttle', times: 2, retryAfterSeconds: 1 },
  { kind: 'server-error', times: 3 },
  { kind: 'drop', times: 3 },
];

/** Breaks the flaky firewall again and again until the end (as performance.now()), then heals both; tells how often. */
export async function ailFirewalls(
  { slow, flaky }: Record<'slow' | 'flaky', FortigateSimulator>,
  arrivals: Arrivals,
  end: number,
): Promise<number> {
  slow.faults.add({ kind: 'delay', milliseconds: slowMs });
  let outages = 0;
  while (performance.now() + cycleMs < end) {
    const began = performance.now();
    flaky.faults.add(faulty);
    arrivals.firewall = 'a firewall down';
    await flaky.down(downMs);
    outages += 1;
    arrivals.firewall = 'it comes back';
    await delay(backMs);
    arrivals.firewall = undefined;
    await delay(Math.max(0, began + cycleMs - performance.now()));
  }
  await delay(Math.max(0, end - performance.now()));
  slow.faults.remove();
  flaky.faults.remove();
  return outages;
}

const pauseMs = 20_000;
/** So long after the agent is back its backlog may still be on the way. */
const catchUpMs = 10_000;

/** Freezes the agent for a while at a third of the time and replaces it at two thirds. */
export async function ailAgent(rig: Rig, arrivals: Arrivals, minutes: number): Promise<void> {
  const third = (minutes * 60_000) / 3;
  await delay(third);
  const frozen = rig.sandbox.cluster().agent?.pid;
  arrivals.agent = 'agent frozen';
  if (frozen !== undefined) process.kill(frozen, 'SIGSTOP');
  await delay(pauseMs);
  if (frozen !== undefined) process.kill(frozen, 'SIGCONT');
  await delay(catchUpMs);
  arrivals.agent = undefined;
  await delay(Math.max(0, third - pauseMs - catchUpMs));
  arrivals.agent = 'agent replaced';
  await rig.sandbox.cluster().agent?.stop();
  await rig.sandbox.startAgent();
  await rig.sandbox.cluster().agentReady();
  await delay(catchUpMs);
  arrivals.agent = undefined;
}
