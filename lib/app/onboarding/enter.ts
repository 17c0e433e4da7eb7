import { ZonebridgeError } from '../../core/errors.ts';
import type { EksCluster, Installer } from '../../core/onboarding/ports.ts';
import type { Clock } from '../../core/ports.ts';
import type { Access } from './look.ts';
import { isOutside } from './preview.ts';

/** Assumption: an access entry counts within seconds; no source gives a bound, so it is tried for two minutes. */
const patienceMs = 120_000;
const pauseMs = 2_000;

/**
 * Does something in the cluster. With temporary access we are let in before and out again after it, whatever happens; an entry that
 * was there before is never touched.
 */
export async function inside<T>(
  { installer, clock, progress }: { installer: Installer; clock: Clock; progress: (line: string) => void },
  { eks, access }: { eks: EksCluster; access: Access },
  work: () => Promise<T>,
): Promise<T> {
  if (access !== 'temporary') return work();
  const principal = await principalOf(installer, eks);
  progress(`letting ${principal} into ${eks.name} as an administrator, for the time of the work`);
  try {
    await installer.eks.admit(eks.name, principal);
    return await whenAdmitted(clock, work);
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
 * Throws `cluster/not-ready` when an entry of ours already exists, so that it is never deleted, or when nobody knows who we are.
 */
async function principalOf({ caller, eks: service }: Installer, eks: EksCluster): Promise<string> {
  const arn = await caller.principal();
  if (arn === undefined) throw new ZonebridgeError('cluster/not-ready', 'AWS does not say who you are');
  const session = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  const [, partition, account, role] = session ?? [];
  const entries = await service.accessEntries(eks.name);
  const known = entries.find((one) => one === arn || (role !== undefined && one.endsWith(`/${role}`)));
  if (known !== undefined) {
    const message = `${known} has an access entry that does not allow this: give it AmazonEKSClusterAdminPolicy, or use a --kubeconfig that may`;
    throw new ZonebridgeError('cluster/not-ready', message);
  }
  if (session === null) return arn;
  if (role?.startsWith('AWSReservedSSO_')) {
    const message = `the role ${role} of IAM Identity Center needs an access entry of its own (its ARN has a path that a session does not tell): make one, or use --kubeconfig`;
    throw new ZonebridgeError('cluster/not-ready', message);
  }
  return `arn:${partition}:iam::${account}:role/${role}`;
}
