import { isZonebridgeError } from '../../core/errors.ts';
import type { EksCluster, Installer } from '../../core/onboarding/ports.ts';

/** Longest that a work with temporary access takes, but for its last request, which has half a minute. */
export const workMs = 150_000;
/** An entry of ours that is older was left by a run that was killed. */
const longestAccessMs = workMs + 30_000;

/** The access entry of whoever calls. */
export interface OwnEntry {
  principal: string;
  /** Made by a run of ours that was killed, or that is under way; everything else is none of ours. */
  state: 'left' | 'in-use' | 'foreign';
}

/** A session of a role, as STS names it: without the path of the role. */
export function sessionOf(arn: string): { partition: string; account: string; role: string } | undefined {
  const [, partition, account, role] = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return partition === undefined || account === undefined || role === undefined
    ? undefined
    : { partition, account, role };
}

/** Undefined when the caller has none, or AWS does not say who that is. Throws as EKS does. */
export async function ownEntry(
  { caller, eks }: Installer,
  cluster: Pick<EksCluster, 'name'>,
  now: number,
): Promise<OwnEntry | undefined> {
  const arn = await caller.principal();
  if (arn === undefined) return undefined;
  const session = sessionOf(arn);
  const isOwn = (one: string): boolean =>
    one === arn ||
    (session !== undefined && one.includes(`:${session.account}:`) && one.endsWith(`/${session.role}`));
  const principal = (await eks.accessEntries(cluster.name)).find(isOwn);
  if (principal === undefined) return undefined;
  const madeAt = await eks.madeEntryAt(cluster.name, principal);
  if (madeAt === undefined) return { principal, state: 'foreign' };
  return { principal, state: now - madeAt > longestAccessMs ? 'left' : 'in-use' };
}

/**
 * The entry of the caller, after one that a killed run left was deleted: nobody shall stay an administrator by accident. It is still given, because
 * a cluster may let its principal in for a moment. Whoever may not look at entries was let in by none of ours.
 */
export async function withoutLeftEntry(
  installer: Installer,
  cluster: EksCluster,
  now: number,
): Promise<OwnEntry | undefined> {
  if (cluster.authenticationMode === 'CONFIG_MAP') return undefined;
  try {
    const entry = await ownEntry(installer, cluster, now);
    if (entry?.state === 'left') await installer.eks.dismiss(cluster.name, entry.principal);
    return entry;
  } catch (error) {
    if (isZonebridgeError(error, 'cluster/access-denied')) return undefined;
    throw error;
  }
}

/** Said of an entry that another run has made and will delete. */
export function inUseText(principal: string): string {
  return `${principal} is let in for another run, which ends within ${longestAccessMs / 60_000} minutes`;
}
