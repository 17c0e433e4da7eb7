import type { Drill } from '../drill.ts';

/** Faults of agents and of what they say. */
export const clusterDrills: Drill[] = (['one', 'two'] as const).flatMap((cluster): Drill[] => [
  {
    alarm: `agent-silent-${cluster}`,
    fault: 'an agent is not heard any more',
    start: ({ agents }) => void (agents[cluster].silent = true),
    minutes: 10,
    mend: ({ agents }) => void (agents[cluster].silent = false),
  },
  {
    alarm: `agent-silent-${cluster}`,
    fault: 'an agent beats, but may not read its Kubernetes API any more',
    start: ({ agents }) => void (agents[cluster].heardAgo = 11 * 60_000),
    minutes: 5,
    mend: ({ agents }) => void (agents[cluster].heardAgo = 0),
  },
  {
    alarm: `cluster-silent-${cluster}`,
    fault: 'an agent is not heard for a day',
    start: async (hub) => {
      hub.agents[cluster].silent = true;
      await hub.world.clock.sleep(24 * 60 * 60_000);
    },
    minutes: 10,
    mend: ({ agents }) => void (agents[cluster].silent = false),
  },
  {
    alarm: `records-refused-${cluster}`,
    fault: 'a pod has an address that is none',
    start: (hub) =>
      hub.tell(cluster, 'endpoints', {
        changes: [{ ...hub.world.removeChange('x'), remove: undefined, upsert: { kind: 'pod' } }],
      }),
    minutes: 10,
    mend: () => undefined,
  },
  {
    alarm: `records-refused-${cluster}`,
    fault: 'an agent speaks a later version',
    start: (hub) => hub.tell(cluster, 'endpoints', { schema: 99, changes: [] }),
    minutes: 10,
  },
  {
    alarm: `dead-letters-agent-${cluster}`,
    fault: 'an agent may not delete what it was told, and is told to send a shard again',
    start: async ({ agents, queues, world }) => {
      agents[cluster].unacknowledged = true;
      const body = JSON.stringify({ type: 'resend', schema: 1, epoch: agents[cluster].epoch, shards: [1] });
      await queues.send({ queue: `zonebridge-${world.ports.hub}-agent-${cluster}`, body });
    },
    minutes: 15,
  },
]);
