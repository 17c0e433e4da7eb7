import { ZonebridgeError } from '../../core/errors.ts';
import type { ClusterApi, EksCluster, Installer } from '../../core/onboarding/ports.ts';
import type { Clock } from '../../core/ports.ts';
import { limitedApi } from './limits.ts';
import type { Access } from './look.ts';
import { inUseText, ownEntry, sessionOf, workMs } from './own-entry.ts';
import { isOutside } from './preview.ts';

/** Assumption: an access entry counts within seconds; no source gives a bound, so it is tried for two minutes. */
const patienceMs = 120_000;
const pauseMs = 2_000;

/** Who works in a cluster, and what tells people of it. */
export interface Working {
  installer: Installer;
  clock: Clock;
  progress: (line: string) => void;
  /** Asks the work to end before it is done. */
  stop?: AbortSignal | undefined;
}

/**
 * Does something in the cluster. With temporary access we are let in before and out again after it, whatever happens; an entry that
 * was there before is never touched. The work has to do with the API it is given: that ends before somebody else takes the entry for one that
 * was left. Who is killed leaves it; the next look deletes it.
 */
export async function inside<T>(
  { installer, clock, progress, stop }: Working,
  { eks, access, api }: { eks: EksCluster; access: Access; api: ClusterApi },
  work: (api: ClusterApi) => Promise<T>,
): Promise<T> {
  const until = clock.now() + workMs;
  if (access !== 'temporary') return work(limitedApi(api, { clock, until: Number.POSITIVE_INFINITY, stop }));
  const principal = await principalOf(installer, eks, clock.now());
  progress(`letting ${principal} into ${eks.name} as an administrator, for the time of the work`);
  try {
    await installer.eks.admit(eks.name, principal);
    return await whenAdmitted(clock, () => work(limitedApi(api, { clock, until, stop })));
  } finally {
    await installer.eks.dismiss(eks.name, principal);
    progress(`the access entry of ${principal} is deleted again`);
  }
}

async function whenAdmitted<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  const end = clock.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isOutside(error) || clock.now() >= end) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

/**
 * The IAM identity behind the caller. A session tells the name of its role without its path, and an access entry needs the path.
 * Throws `cluster/not-ready` when it has an entry already, so that it is never deleted, or when nobody knows who we are.
 */
async function principalOf(installer: Installer, eks: EksCluster, now: number): Promise<string> {
  const arn = await installer.caller.principal();
  if (arn === undefined) throw new ZonebridgeError('cluster/not-ready', 'AWS does not say who you are');
  const entry = await ownEntry(installer, eks, now);
  if (entry !== undefined) {
    const message =
      entry.state === 'foreign'
        ? `${entry.principal} has an access entry that does not allow this: give it AmazonEKSClusterAdminPolicy, or use a --kubeconfig that may`
        : inUseText(entry.principal);
    throw new ZonebridgeError('cluster/not-ready', message);
  }
  const session = sessionOf(arn);
  if (session === undefined) return arn;
  const { partition, account, role } = session;
  if (role.startsWith('AWSReservedSSO_')) {
    const message = `the role ${role} of IAM Identity Center needs an access entry of its own (its ARN has a path that a session does not tell): make one, or use --kubeconfig`;
    throw new ZonebridgeError('cluster/not-ready', message);
  }
  return `arn:${partition}:iam::${account}:role/${role}`;
}
