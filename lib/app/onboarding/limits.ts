import { ZonebridgeError } from '../../core/errors.ts';
import type { ClusterApi, Installer } from '../../core/onboarding/ports.ts';
import type { Clock } from '../../core/ports.ts';

/** When a work has to end, whatever it has done. */
export interface Limits {
  clock: Clock;
  /** Milliseconds since 1970. */
  until: number;
  /** A person ended it. */
  stop?: AbortSignal | undefined;
}

/** An API that takes no call after the end, so that whoever works by it ends within one call. */
export function limitedApi(api: ClusterApi, limits: Limits): ClusterApi {
  const limited =
    <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      requireTime(limits);
      return call(...given);
    };
  return {
    apply: limited((object, options) => api.apply(object, options)),
    read: limited((object) => api.read(object)),
    list: limited((kind, label) => api.list(kind, label)),
    remove: limited((object, uid) => api.remove(object, uid)),
  };
}

/** An installer whose clusters take no call after the end. */
export function limitedInstaller(installer: Installer, limits: Limits): Installer {
  return {
    eks: installer.eks,
    caller: installer.caller,
    ownAccess: installer.ownAccess,
    manifests: (settings) => installer.manifests(settings),
    api: (cluster) => limitedApi(installer.api(cluster), limits),
  };
}

function requireTime({ clock, until, stop }: Limits): void {
  const why = stop?.aborted ? 'it was asked to end' : clock.now() >= until ? 'its time is over' : undefined;
  if (why !== undefined)
    throw new ZonebridgeError(
      'cluster/interrupted',
      `the work in the cluster ended before it was done: ${why}`,
    );
}
