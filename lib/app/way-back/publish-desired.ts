import { isZonebridgeError } from '../../core/errors.ts';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';
import { isProducer, type Producer } from '../../core/way-back/producers.ts';
import type { Ports } from '../ports.ts';
import type { ActiveCluster, ActiveConfiguration, Configurations } from '../state/configurations.ts';
import { readDesired } from '../state/desired.ts';
import { inParallel } from '../state/items.ts';
import { addressGroupStatuses } from './producers/address-groups.ts';
import { groupStatusObjects } from './producers/group-status.ts';
import { standings } from './standing.ts';
import { finishPublishing, type Publishing, publishPart } from './publish.ts';

/** One round for all clusters. */
interface Round {
  ports: Ports;
  active: ActiveConfiguration;
  standing: ReturnType<typeof standings>;
}

/** What each producer wants of a cluster now. */
const wants: Readonly<
  Record<Producer, (round: Round, cluster: ActiveCluster) => Promise<KubernetesObject[]>>
> = {
  'group-status': ({ ports, active }, cluster) => groupStatusObjects(ports, active, cluster),
  'address-groups': addressGroupStatuses,
};

/**
 * Every minute: publishes for each cluster what its producers want, and finishes what was not finished. A producer that the configuration of a cluster
 * names no more wants nothing there, so that the agent, as long as it may, takes away what it made.
 * What fails for one cluster fails for it alone; the first error is thrown at the end.
 */
export async function publishDesired(publishing: Publishing, configurations: Configurations): Promise<void> {
  const active = await activeOrNone(configurations);
  if (active === undefined) return;
  const { ports } = publishing;
  const round: Round = { ports, active, standing: standings(ports, active) };
  const failures: unknown[] = [];
  await inParallel([...active.clusters.values()], 8, async (cluster) => {
    try {
      await publishFor(publishing, round, cluster);
    } catch (error) {
      ports.telemetry.warn('desired state was not published', {
        cluster: cluster.key,
        problem: error instanceof Error ? error.message : String(error),
      });
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
}

async function publishFor(publishing: Publishing, round: Round, cluster: ActiveCluster): Promise<void> {
  const { generation } = await readDesired(publishing.ports.tables, cluster.id);
  if ((cluster.settings.writes ?? []).length === 0 && generation === 0) return;
  const failures = await publishParts(publishing, round, cluster);
  if (!(await finishPublishing(publishing, cluster))) {
    failures.push(...(await publishParts(publishing, round, cluster)));
    await finishPublishing(publishing, cluster);
  }
  if (failures.length > 0) throw failures[0];
}

/** One producer that fails does not keep the others back; gives what went wrong. */
async function publishParts(
  publishing: Publishing,
  round: Round,
  cluster: ActiveCluster,
): Promise<unknown[]> {
  const { ports } = publishing;
  const named = cluster.settings.writes ?? [];
  const { parts } = await readDesired(ports.tables, cluster.id);
  const left = parts.map(({ producer }) => producer).filter((name) => !named.some((one) => one === name));
  const failures: unknown[] = [];
  for (const producer of [...named, ...left.filter(isProducer)]) {
    try {
      const isNamed = named.some((one) => one === producer);
      const objects = isNamed ? await wants[producer](round, cluster) : [];
      await publishPart(publishing, cluster, { producer, objects });
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

async function activeOrNone(configurations: Configurations): Promise<ActiveConfiguration | undefined> {
  try {
    return await configurations.active();
  } catch (error) {
    if (isZonebridgeError(error, 'configuration/missing')) return undefined;
    throw error;
  }
}
