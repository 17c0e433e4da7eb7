import { stableJson } from '../../lib/core/model/content-hash.ts';
import { endpointId } from '../../lib/core/model/endpoint.ts';
import type { ServiceProjection } from '../../lib/kubernetes/services.ts';
import type { Seen, ServicesTold, Touch } from './ports.ts';
import { SetIndex } from './set-index.ts';

/** The services and ingresses that are told, by endpoint id. A service that nothing outside reaches is none of them, unless all are. */
export class Services {
  readonly mode: ServicesTold;
  readonly #known = new Map<string, ServiceProjection>();
  readonly #byNamespace = new SetIndex();
  readonly #touch: Touch;

  constructor(mode: ServicesTold, touch: Touch) {
    this.mode = mode;
    this.#touch = touch;
  }

  get size(): number {
    return this.#known.size;
  }

  ids(): Iterable<string> {
    return this.#known.keys();
  }

  get(id: string): ServiceProjection | undefined {
    return this.#known.get(id);
  }

  of(kind: ServiceProjection['kind']): ServiceProjection[] {
    return [...this.#known.values()].filter((one) => one.kind === kind);
  }

  /** Whether anything here lies in the namespace. */
  has(namespace: string): boolean {
    return this.#byNamespace.get(namespace).size > 0;
  }

  upsert(given: ServiceProjection, seen: Seen): void {
    const id = endpointId(given);
    const service = this.mode === 'all' ? given : { ...given, clusterAddresses: [] };
    const isTold = this.mode === 'all' || service.balanced || service.externalAddresses.length > 0;
    // A service of another type, whose load balancer is taken down: what it had is not told any more.
    if (!isTold) return this.remove(id, seen);
    const old = this.#known.get(id);
    if (old && stableJson(old) === stableJson(service)) return;
    this.#known.set(id, service);
    this.#byNamespace.add(service.namespace, id);
    this.#touch(id, seen);
  }

  remove(id: string, seen: Seen): void {
    const service = this.#known.get(id);
    if (!service) return;
    this.#known.delete(id);
    this.#byNamespace.delete(service.namespace, id);
    this.#touch(id, seen);
  }

  /** The namespace changed, and with it what is told of everything in it. */
  touchIn(namespace: string): void {
    for (const id of this.#byNamespace.get(namespace)) this.#touch(id, 'namespace');
  }
}
