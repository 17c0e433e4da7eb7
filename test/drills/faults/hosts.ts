import type { Drill } from '../drill.ts';
import type { DrillHub } from '../support/drill-hub.ts';

const queue = 'zonebridge-test-agent-legacy';

function refuses({ compute }: DrillHub): void {
  compute.refuses = true;
}

function answers({ compute }: DrillHub): void {
  compute.refuses = false;
}

/** Faults of hosts outside Kubernetes, for which a function speaks. */
export const hostDrills: Drill[] = [
  {
    alarm: 'agent-silent-legacy',
    fault: 'EC2 does not let the hub list the hosts any more',
    start: refuses,
    minutes: 10,
    mend: answers,
  },
  {
    alarm: 'cluster-silent-legacy',
    fault: 'EC2 does not let the hub list the hosts for a day',
    start: async (hub) => {
      refuses(hub);
      await hub.world.clock.sleep(24 * 60 * 60_000);
    },
    minutes: 10,
    mend: answers,
  },
  {
    alarm: 'records-refused-legacy',
    fault: 'a host has an address outside of the ranges of its section',
    start: ({ compute }) => void compute.launch('192.0.2.9'),
    minutes: 10,
  },
  {
    alarm: 'dead-letters-agent-legacy',
    fault: 'EC2 tells of a host, and does not let the hub ask what it is',
    start: async (hub) => {
      const detail = { 'instance-id': hub.compute.launch('10.9.0.2'), state: 'running' };
      const event = { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification', detail };
      refuses(hub);
      await hub.queues.send({ queue, body: JSON.stringify(event) });
    },
    minutes: 60,
  },
];
