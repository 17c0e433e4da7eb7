import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ZonebridgeError } from '../../core/errors.ts';
import type { KubernetesObject } from '../../core/onboarding/kubernetes-object.ts';
import type { WritableKind } from '../../core/way-back/producers.ts';
import { HttpsClusterApi } from '../../kubernetes/administration/cluster-api.ts';
import type { Reached } from './reach.ts';

/** On every namespace of a demo. */
const madeBy = { name: 'app.kubernetes.io/managed-by', value: 'zonebridge-demo' };
/** Which demo made it. */
const runLabel = 'zonebridge.dev/demo-run';

const namespaces: WritableKind = { apiVersion: 'v1', kind: 'Namespace', namespace: undefined, part: 'whole' };

/** Namespaces are emptied before they go; pods of a real cluster take seconds for that. */
const emptyMs = 120_000;

const made = z.object({ metadata: z.object({ uid: z.string() }) });

/** The one namespace in which a demo works: it is made, and taken away with everything in it. Nothing else in the cluster is touched. */
export class OwnNamespace {
  readonly name: string;
  readonly #run: string;
  readonly #reached: Reached;
  readonly #api: HttpsClusterApi;
  #making: Promise<string> | undefined;
  #isOver = false;

  /** `run` is unguessable, so that neither name nor label is anybody else's. */
  constructor(reached: Reached, run: string, name = `zonebridge-demo-${run.slice(0, 8)}`) {
    this.name = name;
    this.#run = run;
    this.#reached = reached;
    this.#api = new HttpsClusterApi(reached.entrance);
  }

  /** Names of namespaces that other demos made and did not take away (yet). */
  async leftOvers(): Promise<string[]> {
    const found = await this.#api.list(namespaces, madeBy);
    return found.map(({ metadata }) => metadata.name).filter((name) => name !== this.name);
  }

  /** Throws `demo/namespace-taken` when a namespace of this name exists that this demo did not make, and when all is over already. */
  async make(): Promise<void> {
    if (this.#isOver) throw new Error('the demo has ended');
    this.#making ??= this.#make();
    await this.#making;
  }

  async #make(): Promise<string> {
    const labels = { [madeBy.name]: madeBy.value, [runLabel]: this.#run };
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.name, labels } };
    try {
      const path = '/api/v1/namespaces';
      return made.parse(await this.#reached.ask({ path, method: 'POST', body })).metadata.uid;
    } catch (error) {
      const there = await this.#seen().catch(() => undefined);
      // The answer to our own request may have been lost.
      if (there && this.#isOurs(there)) return String(there.metadata.uid);
      if (!there) throw error;
      throw new ZonebridgeError(
        'demo/namespace-taken',
        `the cluster has a namespace ${this.name} that this demo did not make`,
        { cause: error },
      );
    }
  }

  /**
   * Takes the namespace away and waits until it is gone; nothing happens where this demo made none. Throws `demo/namespace-left` when it is
   * still there.
   */
  async remove(progress: (line: string) => void): Promise<void> {
    this.#isOver = true;
    if (this.#making === undefined) return;
    // A request that is under way may still make it.
    await this.#making.catch(() => undefined);
    try {
      const there = await this.#seen();
      if (!there || !this.#isOurs(there)) return;
      progress(`taking the namespace ${this.name} away with everything in it`);
      await this.#api.remove(there, String(there.metadata.uid));
      const end = performance.now() + emptyMs;
      while (await this.#seen()) {
        if (performance.now() > end) throw new Error('it is being deleted and is not gone yet');
        await delay(250);
      }
      progress(`the namespace ${this.name} is gone`);
    } catch (error) {
      throw this.#left(error);
    }
  }

  #left(error: unknown): ZonebridgeError {
    const { context, kubeconfig } = this.#reached;
    const where = `--kubeconfig ${kubeconfig}${context === undefined ? '' : ` --context ${context}`}`;
    const reason = error instanceof Error ? error.message : String(error);
    return new ZonebridgeError(
      'demo/namespace-left',
      `the namespace ${this.name} may still be in the cluster (${reason}): kubectl ${where} delete namespace ${this.name}`,
      { cause: error },
    );
  }

  async #seen(): Promise<KubernetesObject | undefined> {
    return this.#api.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.name } });
  }

  #isOurs({ metadata }: KubernetesObject): boolean {
    return metadata.labels?.[runLabel] === this.#run;
  }
}
