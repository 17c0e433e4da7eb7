import { vi } from 'vitest';
import { kubernetesSource, type Tuning } from '../../../cluster-agent/kubernetes-api.ts';
import { Agent } from '../../../cluster-agent/lib/agent.ts';
import { systemClock, systemRandom } from '../../../cluster-agent/system.ts';
import { type EndpointChange, schemaVersion } from '../../../lib/core/model/messages.ts';
import type { Entrance } from '../../../lib/kubernetes/administration/cluster-api.ts';
import { MemoryInbox, RecordingBus } from '../../support/agent-world.ts';
import { RecordingTelemetry } from '../../support/ports.ts';

export const patience = { timeout: 30_000, interval: 20 };

export interface RunningAgent {
  agent: Agent;
  bus: RecordingBus;
  inbox: MemoryInbox;
  telemetry: RecordingTelemetry;
  ended: Promise<string>;
}

/** An agent whose hub answers hellos and keeps what was sent; with `digest` the hub takes digests of that version. */
export function runAgent(
  entrance: Entrance,
  { digest, epoch, tuning }: { digest?: number; epoch: () => number; tuning?: Partial<Tuning> },
): RunningAgent {
  const bus = new RecordingBus();
  const inbox = new MemoryInbox();
  const telemetry = new RecordingTelemetry();
  bus.onAccepted = ({ detail, detailType }) => {
    if (detailType !== 'hello') return;
    const { process } = JSON.parse(detail) as { process: string };
    const answer = { type: 'epoch', schema: schemaVersion, process, epoch: epoch() } as const;
    inbox.deliver(digest === undefined ? answer : { ...answer, digest });
  };
  const agent = new Agent({
    objects: kubernetesSource(entrance, systemRandom, tuning),
    documents: undefined,
    bus,
    inbox,
    clock: systemClock,
    random: systemRandom,
    telemetry,
    source: 'zonebridge.cluster.111122223333.eu-central-1.shop',
    agentVersion: 'test',
  });
  return { agent, bus, inbox, telemetry, ended: agent.run() };
}

function uidOf(change: EndpointChange): string {
  return 'upsert' in change ? change.upsert.uid : change.remove.uid;
}

/** The last change sent about an endpoint. */
export function last(bus: RecordingBus, uid: string): EndpointChange | undefined {
  return bus
    .changes()
    .filter((change) => uidOf(change) === uid)
    .at(-1);
}

/** Waits until the last thing sent about an endpoint fulfils the condition, and returns it. */
export async function told(
  bus: RecordingBus,
  uid: string,
  condition: (change: EndpointChange) => boolean,
): Promise<EndpointChange> {
  return vi.waitUntil(() => {
    const change = last(bus, uid);
    return change && condition(change) ? change : undefined;
  }, patience);
}

/** Uids of endpoints that were told to be gone. */
export function removed(bus: RecordingBus): string[] {
  return bus.changes().flatMap((change) => ('remove' in change ? [change.remove.uid] : []));
}

/** Counts of a metric of the agent, by its labels. */
export async function counted(
  agent: Agent,
  metric: 'relists' | 'watch_ends',
): Promise<Record<string, number>> {
  const found = await agent.status.registry.getSingleMetric(`zonebridge_agent_${metric}_total`)?.get();
  return Object.fromEntries(
    (found?.values ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}
