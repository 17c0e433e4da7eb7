import { ZonebridgeError } from '../../../lib/core/errors.ts';
import { promoteCanary } from '../../../lib/app/rollout/canary.ts';
import { PaperFirewall, paperFirewalls } from '../../support/paper-firewall.ts';
import type { Drill } from '../drill.ts';
import type { DrillHub } from '../support/drill-hub.ts';

function unreachable({ world }: DrillHub): void {
  world.device.fault = () => {
    throw new ZonebridgeError('firewall/unreachable', 'no answer within 5 s');
  };
}

function reachable({ world }: DrillHub): void {
  world.device.fault = undefined;
}

/** A person applies a configuration in which the firewall may be called so often, over a channel that takes one address a call. */
async function callable({ world }: DrillHub, callsPerMinute: number): Promise<void> {
  const { edge } = world.configuration.firewalls;
  const { web } = world.configuration.groups;
  if (!edge || !web) throw new Error('the drills are about firewall edge and group web');
  const publish = web.publish.map((target) => ({ ...target, channel: 'one-by-one' }));
  world.configuration.groups = { web: { ...web, publish } };
  world.configuration.firewalls = { edge: { ...edge, callsPerMinute } };
  await world.activate();
}

const dayMs = 86_400_000;
/** A second firewall, in the network of the first, and the group on both of them. */
async function second({ world }: DrillHub): Promise<void> {
  const { edge } = world.configuration.firewalls;
  const { web } = world.configuration.groups;
  if (!edge || !web) throw new Error('the drills are about firewall edge and group web');
  const device = `${String(edge.settings['device'])}-side`;
  paperFirewalls.set(device, new PaperFirewall());
  await world.secrets.write('zonebridge/test/side', 'token');
  const publish = web.publish.flatMap((target) => [target, { ...target, firewall: 'side' }]);
  world.configuration.firewalls = { edge, side: { ...edge, settings: { device } } };
  world.configuration.groups = { web: { ...web, publish, consistency: 'all' } };
  await world.activate();
}

/** A person applies the same configuration again, on firewall edge first. */
async function tryOnEdge({ world }: DrillHub): Promise<void> {
  const { generation } = await world.configurations.active();
  await world.configurations.activate(world.configuration, {
    previous: generation,
    author: 'test',
    now: world.clock.now(),
    canary: { firewalls: ['edge'] },
  });
}

/** Faults of a firewall, and what people do on it. */
export const firewallDrills: Drill[] = [
  {
    alarm: 'firewall-behind-edge',
    fault: 'the firewall does not answer while pods change',
    start: async (hub) => {
      unreachable(hub);
      await hub.pods(['d', '10.1.0.4']);
    },
    minutes: 12,
    mend: reachable,
  },
  {
    alarm: 'firewall-behind-edge',
    fault: 'nothing measures it: the sweep gets no invocation',
    start: ({ host }) => void host.throttled.add('Hub/SweepFunction'),
    minutes: 12,
    mend: ({ host }) => host.throttled.clear(),
  },
  {
    alarm: 'firewall-failing-edge',
    fault: 'five runs in a row cannot reach the firewall',
    start: async (hub) => {
      unreachable(hub);
      await hub.pods(['d', '10.1.0.4']);
    },
    minutes: 5,
    mend: reachable,
  },
  {
    alarm: 'circuit-open-edge',
    fault: 'the firewall refuses every key there is',
    start: async (hub) => {
      hub.world.device.accepts = new Set();
      await hub.pods(['d', '10.1.0.4']);
    },
    minutes: 5,
    mend: ({ world }) => void (world.device.accepts = undefined),
  },
  {
    alarm: 'short-of-calls-edge',
    fault: 'more pods come than the budget of calls carries',
    start: async (hub) => {
      await callable(hub, 5);
      await hub.pods(...Array.from({ length: 90 }, (_, i): [string, string] => [`p${i}`, `10.2.0.${i}`]));
    },
    minutes: 15,
    mend: (hub) => callable(hub, 1000),
  },
  {
    alarm: 'rotation-failed-edge',
    fault: 'somebody stored a key that the firewall refuses; the one before it is taken',
    start: async (hub) => {
      hub.world.device.accepts = new Set(['token']);
      await hub.world.secrets.write('zonebridge/test/edge', 'mistyped');
      await hub.pods(['d', '10.1.0.4']);
    },
    minutes: 10,
    mend: ({ world }) => void (world.device.accepts = undefined),
  },
  {
    alarm: 'list-not-fetched-edge',
    fault: 'a firewall fetches its list no more',
    start: (hub) => void (hub.fetching = false),
    minutes: 80,
    mend: (hub) => void (hub.fetching = true),
  },
  {
    alarm: 'half-published-edge',
    fault: 'a pod joins a group of two firewalls, one of which does not answer',
    start: async (hub) => {
      await second(hub);
      unreachable(hub);
      await hub.pods(['d', '10.1.0.4']);
    },
    minutes: 25,
    mend: reachable,
  },
  {
    alarm: 'canary-waiting-edge',
    fault: 'nobody promotes or aborts what is tried on the firewall',
    start: async (hub) => {
      await tryOnEdge(hub);
      await hub.world.clock.sleep(4 * 60 * 60_000);
    },
    minutes: 10,
    mend: async ({ world }) =>
      void (await promoteCanary({ ports: world.ports, configurations: world.configurations }, { by: 'mia' })),
  },
  {
    alarm: 'not-compared-lan',
    fault: 'the firewall cannot list one of our objects',
    start: ({ world }) => {
      world.device.fault = (call) => {
        if (call === 'observeMembers') throw new ZonebridgeError('firewall/rejected', 'the list is broken');
      };
    },
    minutes: 100,
    mend: ({ world }) => {
      world.device.fault = undefined;
    },
  },
  {
    alarm: 'drift-edge',
    fault: 'a person takes an address out of our object',
    start: ({ world }) => void world.device.objects.get('obj-web')?.members.delete('10.1.0.2'),
    minutes: 20,
    mend: () => undefined,
  },
  {
    alarm: 'stale-allow-edge',
    fault: 'the firewall refuses to take out the address of a pod that is gone',
    start: async (hub) => {
      hub.world.device.refuse.set(
        '10.1.0.3',
        new ZonebridgeError('firewall/rejected', 'the entry is in use'),
      );
      await hub.gone('c');
    },
    minutes: 20,
    mend: ({ world }) => world.device.refuse.clear(),
  },
  {
    alarm: 'changes-held-edge',
    fault: 'a group would lose its last addresses at once',
    start: (hub) =>
      hub.tell('one', 'endpoints', {
        changes: ['a', 'b', 'c'].map((uid) => hub.world.removeChange(uid, 'relist')),
      }),
    minutes: 5,
    mend: (hub) => hub.pods(['a', '10.1.0.1'], ['b', '10.1.0.2'], ['c', '10.1.0.3']),
  },
  {
    alarm: 'certificate-ends-edge',
    fault: 'the firewall shows a certificate of its last month',
    start: ({ world }) => {
      world.device.certificate = { subject: 'edge', validTo: world.clock.now() + 29 * dayMs };
    },
    minutes: 20,
    mend: ({ world }) => {
      world.device.certificate = { subject: 'edge', validTo: world.clock.now() + 365 * dayMs };
    },
  },
];
