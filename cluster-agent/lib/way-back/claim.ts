import type { KubernetesObject } from '../../../lib/core/onboarding/kubernetes-object.ts';
import { isZonebridgeError, ZonebridgeError } from '../../../lib/core/errors.ts';
import type { ClusterObjects } from '../../../lib/core/way-back/ports.ts';

/** The object in which agents of a cluster remember the generation they took last; part of the overlays with write rights. */
const claimName = 'zonebridge-agent-desired';

/** An API that answers 409 to everything is not asked for ever. */
const mostTries = 5;

/** What an agent that starts anew, or another one, must not fall behind. */
export class GenerationClaim {
  readonly #objects: ClusterObjects;
  readonly #place: KubernetesObject;

  constructor(objects: ClusterObjects, namespace: string) {
    this.#objects = objects;
    this.#place = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: claimName, namespace } };
  }

  /**
   * Takes a generation before anything of it is applied. Throws `desired/older-generation` when a later one was taken, also when that happens at
   * this moment, and `desired/missing` without the object: then nobody knows what was taken.
   */
  async take(generation: number): Promise<void> {
    let tries = 0;
    while (!(await this.#tryToTake(generation, ++tries < mostTries)));
  }

  /** False when somebody else took one meanwhile: look at which. */
  async #tryToTake(generation: number, again: boolean): Promise<boolean> {
    const seen = await this.#objects.read(this.#place);
    if (seen === undefined)
      throw new ZonebridgeError(
        'desired/missing',
        `there is no ConfigMap ${claimName}; install the agent again`,
      );
    const taken = takenIn(seen);
    if (taken > generation)
      throw new ZonebridgeError('desired/older-generation', `generation ${generation} after ${taken}`);
    if (taken === generation) return true;
    const { resourceVersion } = seen.metadata;
    const metadata = { ...this.#place.metadata, resourceVersion };
    try {
      const data = { generation: String(generation) };
      await this.#objects.apply({ ...this.#place, metadata, data }, { force: true });
    } catch (error) {
      if (!isZonebridgeError(error, 'cluster/refused') || error.fields['status'] !== 409 || !again)
        throw error;
      return false;
    }
    return true;
  }
}

/** Nothing written yet is generation 0. What cannot be read forbids everything. */
function takenIn({ data }: KubernetesObject): number {
  const written = (data as { generation?: unknown } | undefined)?.generation;
  if (written === undefined) return 0;
  const taken = Number(written);
  return Number.isSafeInteger(taken) && taken >= 0 ? taken : Number.POSITIVE_INFINITY;
}
