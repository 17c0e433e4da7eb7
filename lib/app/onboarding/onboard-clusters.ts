import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import { answerTo, onboardTag } from '../../core/onboarding/proposal.ts';
import type { EksCluster, Installer } from '../../core/onboarding/ports.ts';
import type { Bus, BusEvent } from '../../core/ports.ts';
import type { Signer } from '../../core/way-back/ports.ts';
import type { Configuration } from '../configuration/model.ts';
import type { Ports } from '../ports.ts';
import { type Proposal, readProposals, writeProposals } from '../state/proposals.ts';
import { heard } from './hear.ts';
import { limitedInstaller } from './limits.ts';
import { look } from './look.ts';
import { onboard } from './onboard.ts';
import { withoutLeftEntry } from './own-entry.ts';
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

/** No cluster is begun after so long, and none is worked on for longer than the second, but for its last request: the function has four minutes. */
const roundMs = 120_000;
const clusterMs = 60_000;

/**
 * Looks at all clusters of the hub's account and region that carry the tag. Those that the configuration admits, and of which the hub has
 * never heard, get the agent; all others are proposed, once each. Nothing is ever taken out of a cluster here, whatever becomes of its tag, but an
 * access entry of the function itself that a round which was killed left.
 * What cannot be done in time is left to the next round: new clusters come first, the others in another order each time, so that
 * those that do not answer starve nobody.
 * Throws `cluster/not-ready` at the end when an admitted cluster could not be taken in; the others were.
 */
export async function onboardClusters(round: OnboardingRound): Promise<void> {
  const { ports, installer } = round;
  const proposals = await readProposals(ports.tables);
  const end = ports.clock.now() + roundMs;
  const all = await described(installer);
  const failures: string[] = [];
  const errors: unknown[] = [];
  const turns = all.map((cluster) => ({ cluster, turn: turnOf(ports, proposals[cluster.arn]) }));
  for (const { cluster } of turns.toSorted((a, b) => a.turn - b.turn)) {
    if (ports.clock.now() >= end) {
      ports.telemetry.warn('a round ended before every cluster had its turn', { cluster: cluster.name });
      break;
    }
    try {
      const proposal = await answered(round, cluster);
      await note(round, { cluster, proposal, proposals });
      if (proposal?.state === 'failed') failures.push(`${cluster.name}: ${proposal.reason}`);
    } catch (error) {
      errors.push(error);
    }
  }
  const gone = Object.keys(proposals).filter((arn) => !all.some((cluster) => cluster.arn === arn));
  for (const arn of gone) delete proposals[arn];
  if (gone.length > 0) await writeProposals(ports.tables, proposals);
  if (errors.length > 0) throw errors[0];
  if (failures.length > 0) throw new ZonebridgeError('cluster/not-ready', failures.join('; '));
}

function turnOf({ random }: Ports, known: Proposal | undefined): number {
  return known === undefined ? -1 : random.next();
}

async function described({ eks }: Installer): Promise<EksCluster[]> {
  const found: EksCluster[] = [];
  for (const name of await eks.list()) {
    const cluster = await eks.describe(name);
    if (cluster !== undefined) found.push(cluster);
  }
  return found;
}

/** Keeps what became of one cluster, at once: a round that is killed loses nothing of those before. */
async function note(
  { ports, bus }: OnboardingRound,
  at: { cluster: EksCluster; proposal: Proposal | undefined; proposals: Record<string, Proposal> },
): Promise<void> {
  const { cluster, proposal, proposals } = at;
  const known = proposals[cluster.arn];
  const same = known?.state === proposal?.state && known?.reason === proposal?.reason;
  if (same) return;
  // Told before it is noted: told twice is better than never.
  if (proposal !== undefined) await bus.put([eventOf(cluster, proposal, proposal.since)]);
  if (proposal === undefined) delete proposals[cluster.arn];
  else proposals[cluster.arn] = proposal;
  await writeProposals(ports.tables, proposals);
}

/** What becomes of one cluster; undefined when there is nothing to tell. Whatever that is, nobody of ours stays an administrator there. */
async function answered(round: OnboardingRound, cluster: EksCluster): Promise<Proposal | undefined> {
  const { ports, configuration, installer } = round;
  try {
    return cluster.tags[onboardTag] === 'true' ? await answerTagged(round, cluster) : undefined;
  } finally {
    if (answerTo(cluster, configuration).admitted)
      await withoutLeftEntry(installer, cluster, ports.clock.now());
  }
}

/** A cluster that was made anew under its old name has no agent: what was heard was of the one before. */
async function wasHeard(ports: Ports, { createdAt }: EksCluster, id: string): Promise<boolean> {
  const { epoch, heartbeatAt } = await heard(ports, id);
  return epoch > 0 && heartbeatAt >= createdAt;
}

async function answerTagged(round: OnboardingRound, cluster: EksCluster): Promise<Proposal | undefined> {
  const { ports, configuration } = round;
  const answer = answerTo(cluster, configuration);
  const since = ports.clock.now();
  if (!answer.admitted) {
    if (answer.id !== undefined && (await wasHeard(ports, cluster, answer.id))) return undefined;
    return { cluster: cluster.name, key: answer.key ?? '', state: 'proposed', reason: answer.reason, since };
  }
  const wanted = wantedFor(configuration, answer.key, {
    image: configuration.hub.onboarding?.image ?? '',
    publicKeys: clusterOf(configuration, answer.key).cluster.writes && (await round.signer.publicKeys()),
  });
  if (await wasHeard(ports, cluster, wanted.id)) return undefined;
  const noted = { cluster: cluster.name, key: answer.key, since };
  try {
    const { clock } = ports;
    const installer = limitedInstaller(round.installer, { clock, until: since + clusterMs });
    const seen = await look(installer, wanted, { purpose: 'join', now: since });
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
