import { type KubernetesObject, objectTitle } from '../../core/onboarding/kubernetes-object.ts';
import { sameRoles } from '../../core/onboarding/examine.ts';
import type { Look } from './look.ts';
import { leftoverRights } from './leftovers.ts';
import { inside } from './enter.ts';
import { notReady, preview } from './preview.ts';
import { type Heard, heard } from './hear.ts';
import type { Onboarding } from './onboard.ts';

export interface Offboarded {
  /** Objects that are gone now. */
  removed: string[];
  /** Objects that stay because they carry no mark of ours, or because others may live in them. */
  kept: string[];
  identity: 'removed' | 'absent' | 'kept';
  /** What the hub still has; it stays on the firewalls. */
  hub: Heard;
}

/**
 * Takes the agent out of a cluster: first the Deployment, so that nothing runs without its rights, then what it needed, at last the
 * role. Changes nothing on any firewall and nothing in the hub. Repeating it is no error.
 * Throws `cluster/not-ready` when the agent is that of another hub, which is asked again inside of the cluster.
 */
export async function offboard(offboarding: Onboarding, seen: Look): Promise<Offboarded> {
  const { ports, installer, wanted, progress, stop } = offboarding;
  const { eks, identity } = seen;
  const removed: string[] = [];
  const kept: string[] = [];
  const objects = seen.objects.map(({ object }) => object);
  const leaving = objects.toReversed();
  await inside({ installer, clock: ports.clock, progress, stop }, seen, async (api) => {
    const { obstacles } = await preview({ api, wanted, objects, trial: undefined });
    if (obstacles.length > 0) throw notReady(wanted.key, obstacles);
    // Also what only an earlier configuration named.
    for (const object of [...leaving, ...(await leftoverRights(api, leaving))]) {
      const stored = await api.read(object);
      if (stored === undefined) continue;
      const stays = holdsOthers.has(object.kind) || !isOurs(stored);
      if (!stays && (await api.remove(object, stored.metadata.uid ?? ''))) {
        progress(`removed ${objectTitle(object)}`);
        removed.push(objectTitle(object));
      }
      if (stays && !kept.includes(objectTitle(object))) kept.push(objectTitle(object));
    }
  });
  let became: Offboarded['identity'] = 'absent';
  if (identity !== undefined) became = sameRoles(identity, wanted.identity) ? 'removed' : 'kept';
  if (identity !== undefined && became === 'removed') {
    progress(`removing the association of ${identity.namespace}/${identity.serviceAccount}`);
    await installer.eks.deletePodIdentity(eks.name, identity.id);
  }
  return { removed, kept, identity: became, hub: await heard(ports, wanted.id) };
}

/** What would take along what people put into it: things in a namespace, resources of a definition. */
const holdsOthers: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition']);

/** Whoever took our label off has taken the object over. */
function isOurs({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'zonebridge';
}
