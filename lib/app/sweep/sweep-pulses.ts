import { requestReconcile } from '../commands/request-reconcile.ts';
import { tellEpoch } from '../ingest/ask-agent.ts';
import type { Ports } from '../ports.ts';
import { deliveries } from '../deliveries.ts';
import { noteLoss } from '../state/clusters.ts';
import type { ActiveCluster, ActiveConfiguration } from '../state/configurations.ts';
import { storeHandover } from '../state/identities.ts';
import { inParallel } from '../state/items.ts';
import {
  beat,
  controlPutBack,
  lostTables,
  type PulsedTable,
  readPulses,
  tablesOfClusters,
} from '../state/pulses.ts';
import { raiseFence } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import { searchOrphans } from './sweep-orphans.ts';

/**
 * Notices that a table was lost or put back. Everything is unverified then, until digests of a new epoch, which also look for memberships,
 * have gone through every shard: nothing that nobody saw leaves a firewall meanwhile. What was dirty is found again by comparing the firewalls.
 */
export async function sweepPulses(ports: Ports, active: ActiveConfiguration): Promise<void> {
  const pulses = await readPulses(ports.tables);
  const lost = lostTables(pulses);
  if (lost.length > 0) await recover(ports, active, lost);
  else if (controlPutBack(pulses)) await goAhead(ports, active);
  // Last: whoever finds the pulse whole again finds the clusters unverified, too.
  await beat(ports.tables, pulses, ports.clock.now());
}

/** More than a backup can be behind: a cluster gets an epoch with each start of its agent, a writer a fence with each run. */
const leap = 1_000_000;

/**
 * An older `control` gives out epochs and fences that rows carry already; what comes under them would count as old for ever. So all of them go
 * on far above what was given out since. The living agent has another process than the row says, perhaps: then it learns that it was superseded,
 * starts again and says hello.
 */
async function goAhead(ports: Ports, active: ActiveConfiguration): Promise<void> {
  ports.telemetry.warn('the table of control was put back', {});
  const writers = new Set(
    Object.values(active.configuration.firewalls).map((settings) => writerKeyOf(ports.firewalls, settings)),
  );
  for (const writerKey of writers) await raiseFence(ports.tables, writerKey, leap);
  await inParallel([...active.clusters.values()], 8, (cluster) => beginAnew(ports, cluster, leap));
  for (const firewall of Object.keys(active.configuration.firewalls))
    await requestReconcile(ports, active, firewall);
}

/** The agent begins anew with a digest of everything. When it is not told, it learns the epoch from the answer to its next heartbeat. */
async function beginAnew(ports: Ports, cluster: ActiveCluster, epochs = 1): Promise<void> {
  const { process, epoch } = await noteLoss(ports.tables, cluster.id, epochs);
  if (process !== undefined) await tellEpoch({ ports, cluster }, { process, epoch });
}

async function recover(
  ports: Ports,
  active: ActiveConfiguration,
  lost: readonly PulsedTable[],
): Promise<void> {
  ports.telemetry.warn('tables were lost or put back', { tables: lost });
  if (tablesOfClusters.some((table) => lost.includes(table))) {
    await inParallel([...active.clusters.values()], 8, (cluster) => beginAnew(ports, cluster));
    await searchOrphans(ports, active);
  }
  const from = ports.clock.now();
  for (const firewall of Object.keys(active.configuration.firewalls)) {
    // What an older ledger says is there may have left since by ourselves: nobody took it off by hand.
    if (lost.includes('ledger'))
      await storeHandover(ports.tables, firewall, { from, until: from + deliveries.wake.timeout * 1000 });
    await requestReconcile(ports, active, firewall);
  }
}
