import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { answerTo, onboardTag } from '../../core/onboarding/proposal.ts';
import type { EksCluster, Installer } from '../../core/onboarding/ports.ts';
import type { Bus, BusEvent } from '../../core/ports.ts';
import type { Signer } from '../../core/way-back/ports.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { type Proposal, readProposals, writeProposals } from '../state/proposals.ts';
import { heard } from './hear.ts';
import { look } from './look.ts';
import { onboard } from './onboard.ts';
import { clusterOf, wantedFor } from './wanted.ts';

/** What one round works with. */
export interface OnboardingRound {
  ports: Ports;
  configuration: Configuration;
  /** EKS of the hub's account and region, under the role of the function. */
  installer: Installer;
  bus: Bus;
  signer: Signer;
}

/**
 * Looks at all clusters of the hub's account and region that carry the tag. Those that the configuration admits, and of which the hub has
 * never heard, get the agent; all others are proposed, once each. Nothing is ever taken out of a cluster here, whatever becomes of its tag.
 * Throws `cluster/not-ready` at the end when an admitted cluster could not be taken in; the others were.
 */
export async function onboardClusters(round: OnboardingRound): Promise<void> {
  const { ports, installer, bus } = round;
  const before = await readProposals(ports.tables);
  const now = ports.clock.now();
  const proposals: Record<string, Proposal> = {};
  const news: BusEvent[] = [];
  const failures: string[] = [];
  for (const cluster of await tagged(installer)) {
    const proposal = await answered(round, cluster);
    if (proposal === undefined) continue;
    const known = before[cluster.arn];
    const same = known?.state === proposal.state && known.reason === proposal.reason;
    proposals[cluster.arn] = { ...proposal, since: same ? known.since : now };
    if (!same) news.push(eventOf(cluster, proposals[cluster.arn] ?? proposal, now));
    if (proposal.state === 'failed') failures.push(`${cluster.name}: ${proposal.reason}`);
  }
  // Told before it is noted: told twice is better than never.
  await bus.put(news);
  await writeProposals(ports.tables, proposals);
  if (failures.length > 0) throw new ZonebridgeError('cluster/not-ready', failures.join('; '));
}

async function tagged({ eks }: Installer): Promise<EksCluster[]> {
  const found: EksCluster[] = [];
  for (const name of await eks.list()) {
    const cluster = await eks.describe(name);
    if (cluster?.tags[onboardTag] === 'true') found.push(cluster);
  }
  return found;
}

/** What becomes of one cluster; undefined when there is nothing to tell. */
async function answered(round: OnboardingRound, cluster: EksCluster): Promise<Proposal | undefined> {
  const { ports, configuration } = round;
  const answer = answerTo(cluster, configuration);
  const since = ports.clock.now();
  if (!answer.admitted) {
    if (answer.id !== undefined && (await heard(ports, answer.id)).epoch > 0) return undefined;
    return { cluster: cluster.name, key: answer.key ?? '', state: 'proposed', reason: answer.reason, since };
  }
  const wanted = wantedFor(configuration, answer.key, {
    image: configuration.hub.onboarding?.image ?? '',
    networkReport: true,
    publicKeys: clusterOf(configuration, answer.key).cluster.writes && (await round.signer.publicKeys()),
  });
  if ((await heard(ports, wanted.id)).epoch > 0) return undefined;
  const noted = { cluster: cluster.name, key: answer.key, since };
  try {
    const { installer } = round;
    const seen = await look(installer, wanted, { purpose: 'join' });
    const progress = (line: string): void => ports.telemetry.info(line, { cluster: answer.key });
    const done = await onboard({ ports, installer, wanted, progress }, seen, { force: false });
    const quiet = done.identity === 'already' && done.objects.every(({ became }) => became === 'unchanged');
    return {
      ...noted,
      state: 'admitted',
      reason: quiet ? 'the agent is not heard yet' : 'the agent was installed',
    };
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    ports.telemetry.warn('a cluster could not be taken in', {
      cluster: answer.key,
      code: error.code,
      problem: error.message,
    });
    return { ...noted, state: 'failed', reason: `${error.code}: ${error.message}`.slice(0, 1_000) };
  }
}

function eventOf({ name, arn }: EksCluster, { state, key, reason }: Proposal, at: number): BusEvent {
  const detail = { schema: 1, id: `${arn}|${state}|${at}`, at, cluster: name, arn, key, reason };
  return { type: `cluster-${state}`, detail: JSON.stringify(detail) };
}
