import { setTimeout as delay } from 'node:timers/promises';
import { KubeConfig, type V1Pod, Watch } from '@kubernetes/client-node';
import { now } from '../cluster.ts';
import type { Given } from './reach.ts';

/**
 * Hears when the API of a cluster says something about pods that matters to the group of the storefront: one has an address, other labels,
 * or is gone. What the cluster itself takes (scheduling, a network interface, an image) is told apart from our part by it.
 */
export class PodNews {
  readonly #watch: Watch;
  readonly #namespace: string;
  /** Addresses of pods that are in the group, by their uid. */
  readonly #known = new Map<string, string>();
  readonly #stop = new AbortController();
  #last: number | undefined;

  constructor({ context, kubeconfig }: Given, namespace: string) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
    this.#watch = new Watch(config);
    this.#namespace = namespace;
  }

  /** Listens until `close`; a watch that ends is begun again, and what it repeats is no news. */
  listen(): void {
    void this.#listen();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#once(signal);
      await delay(100, undefined, { signal }).catch(() => undefined);
    }
  }

  async #once(signal: AbortSignal): Promise<void> {
    let watch: AbortController | undefined;
    const end = (): void => watch?.abort();
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', end);
      const path = `/api/v1/namespaces/${this.#namespace}/pods`;
      this.#watch
        .watch(
          path,
          {},
          (type: string, pod: V1Pod) => this.#hear(type, pod),
          () => resolve(),
        )
        .then((begun) => {
          watch = begun;
          if (signal.aborted) begun.abort();
        }, resolve);
    });
    signal.removeEventListener('abort', end);
  }

  #hear(type: string, pod: V1Pod): void {
    const uid = pod.metadata?.uid;
    if (uid === undefined) return;
    const shown = type === 'DELETED' ? '' : addressesOf(pod);
    if (shown === (this.#known.get(uid) ?? '')) return;
    if (shown === '') this.#known.delete(uid);
    else this.#known.set(uid, shown);
    this.#last = now();
  }

  /** Moment of the last news since then, in milliseconds since 1970. */
  lastSince(since: number): number | undefined {
    return this.#last === undefined || this.#last < since ? undefined : this.#last;
  }

  close(): void {
    this.#stop.abort();
  }
}

/** What the group of the storefront has of a pod. */
function addressesOf({ metadata, status }: V1Pod): string {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (isOver || metadata?.labels?.['app'] !== 'storefront') return '';
  return (status?.podIPs?.map(({ ip }) => ip) ?? [status?.podIP ?? '']).join(' ');
}
