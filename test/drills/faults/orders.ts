import { pauseWrites, resumeWrites } from '../../../lib/app/commands/pause.ts';
import { liftQuarantine, quarantine } from '../../../lib/app/commands/quarantine.ts';
import type { ApprovalSettings } from '../../../lib/app/configuration/model.ts';
import { pod } from '../../support/world.ts';
import type { Drill } from '../drill.ts';
import type { DrillHub } from '../support/drill-hub.ts';

const by = { name: 'mia', principal: 'arn:aws:iam::111122223333:user/mia' };
const hourMs = 3_600_000;
const quarantined = '10.1.0.77';

async function approvals({ world }: DrillHub, settings: ApprovalSettings): Promise<void> {
  world.configuration = { ...world.configuration, approvals: settings };
  await world.activate();
}

const appOf = ({ world: { ports, configurations } }: DrillHub) => ({ ports, configurations });

/** What persons order, and forget. */
export const orderDrills: Drill[] = [
  {
    alarm: 'paused-long-edge',
    fault: 'a person pauses the firewall and goes home',
    start: async ({ world }) => {
      await pauseWrites(world.ports, world.configurations, { firewall: 'edge', by });
      await world.clock.sleep(hourMs);
    },
    minutes: 10,
    mend: async ({ world }) =>
      void (await resumeWrites(world.ports, world.configurations, { firewall: 'edge', by })),
  },
  {
    alarm: 'frozen-long-edge',
    fault: 'a freeze was written without an end',
    start: async (hub) => {
      await approvals(hub, { freeze: [{ from: 'mon 00:00', to: 'mon 00:00', zone: 'UTC' }] });
      await hub.pods(['d', '10.1.0.4']);
      await hub.minutes(2);
      await hub.world.clock.sleep(96 * hourMs);
    },
    minutes: 10,
    mend: (hub) => approvals(hub, {}),
  },
  ...(['one', 'two'] as const).map(
    (cluster): Drill => ({
      alarm: `quarantine-reused-${cluster}`,
      fault: 'a new pod gets an address that is in quarantine',
      start: async (hub) => {
        await quarantine(appOf(hub), { target: quarantined, by });
        const record = pod('later', quarantined, { app: 'other' });
        await hub.tell(cluster, 'endpoints', { changes: [hub.world.upsertChange(record)] });
      },
      minutes: 10,
      mend: async (hub) => void (await liftQuarantine(appOf(hub), { target: quarantined, by })),
    }),
  ),
];
