import {
  endpointChange,
  endpointsDetail,
  hubMessage,
  manifestDetail,
} from '../../lib/core/model/messages.ts';
import type { EndpointChange, HubMessage, ShardManifest } from '../../lib/core/model/messages.ts';
import type { Clock } from '../../lib/core/ports.ts';
import { ApiError } from '../../cluster-agent/lib/api-error.ts';
import type {
  BusEntry,
  EventBus,
  Inbox,
  InboxMessage,
  Kind,
  ListPage,
  ObjectSource,
  WatchEvent,
} from '../../cluster-agent/lib/ports.ts';

/** A bus that keeps what it accepted, parsed with the hub's own schemas. */
export class RecordingBus implements EventBus {
  readonly calls: (readonly BusEntry[])[] = [];
  readonly accepted: BusEntry[] = [];
  /** Decides about a call: error codes by entry, or throw. */
  onPut:
    | ((entries: readonly BusEntry[]) => Promise<(string | undefined)[]> | (string | undefined)[])
    | undefined;
  /** Told about every accepted entry. */
  onAccepted: ((entry: BusEntry) => void) | undefined;

  async putEvents(entries: readonly BusEntry[]): Promise<(string | undefined)[]> {
    this.calls.push(entries);
    const results = (await this.onPut?.(entries)) ?? entries.map(() => undefined);
    for (const [index, entry] of entries.entries()) {
      if (results[index] !== undefined) continue;
      this.accepted.push(entry);
      this.onAccepted?.(entry);
    }
    return results;
  }

  /** Details of one type. */
  details(detailType: string): Record<string, unknown>[] {
    return this.accepted
      .filter((entry) => entry.detailType === detailType)
      .map((entry) => JSON.parse(entry.detail) as Record<string, unknown>);
  }

  /** Accepted changes in order, optionally of one epoch. */
  changes(epoch?: number): EndpointChange[] {
    return this.details('endpoints')
      .map((detail) => endpointsDetail.parse(detail))
      .filter((detail) => epoch === undefined || detail.epoch === epoch)
      .flatMap((detail) => detail.changes.map((change) => endpointChange.parse(change)));
  }

  manifests(epoch?: number): ShardManifest[] {
    return this.details('manifest')
      .map((detail) => manifestDetail.parse(detail))
      .filter((detail) => epoch === undefined || detail.epoch === epoch)
      .flatMap((detail) => detail.manifests);
  }
}

/** The hub's side of a cluster's queue. */
export class MemoryInbox implements Inbox {
  readonly acked: string[] = [];
  readonly released: string[] = [];
  #waiting: InboxMessage[] = [];
  #wake: (() => void) | undefined;
  failNext: Error | undefined;

  deliver(message: HubMessage | string): void {
    const body = typeof message === 'string' ? message : JSON.stringify(hubMessage.parse(message));
    this.#waiting.push({
      body,
      ack: async () => void this.acked.push(body),
      release: async () => void this.released.push(body),
    });
    this.#wake?.();
  }

  async receive(stop: AbortSignal): Promise<InboxMessage[]> {
    const failure = this.failNext;
    this.failNext = undefined;
    if (failure) throw failure;
    if (this.#waiting.length === 0 && !stop.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        stop.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    const messages = this.#waiting;
    this.#waiting = [];
    return messages;
  }
}

interface OpenWatch {
  version: string;
  emit: (events: readonly WatchEvent[]) => void;
  end: (how: 'ended' | 'gone' | Error) => void;
}

/** A Kubernetes API under a test's control: what it lists, when a watch ends and how. */
export class ScriptedObjects implements ObjectSource {
  readonly objects: Record<Kind, Map<string, Record<string, unknown>>> = {
    pod: new Map(),
    node: new Map(),
    namespace: new Map(),
    service: new Map(),
    ingress: new Map(),
  };
  readonly lists: { kind: Kind; next: string | undefined; larger: number }[] = [];
  readonly watches: Record<Kind, OpenWatch | undefined> = {
    pod: undefined,
    node: undefined,
    namespace: undefined,
    service: undefined,
    ingress: undefined,
  };
  /** Runs before a page is given; throw to fail it. */
  onList: ((kind: Kind, next: string | undefined) => void) | undefined;
  /** Runs before a watch begins; throw to refuse it. */
  onWatch: ((kind: Kind) => void) | undefined;
  /** By which every open watch gets a bookmark a minute, as of a real API; undefined: none come. */
  clock: Clock | undefined;
  /** Objects a page. */
  pageSize = 500;
  version = 100;
  /** Everything that happened, for watches that are resumed. */
  readonly #log: { kind: Kind; event: WatchEvent }[] = [];

  async list(kind: Kind, { next, larger }: Parameters<ObjectSource['list']>[1]): Promise<ListPage> {
    this.lists.push({ kind, next, larger });
    this.onList?.(kind, next);
    const start = Number(next ?? 0);
    const all = [...this.objects[kind].values()];
    const end = start + this.pageSize * 4 ** larger;
    const page = { items: all.slice(start, end), version: String(this.version) };
    return end < all.length ? { ...page, next: String(end) } : page;
  }

  async watch(watch: Parameters<ObjectSource['watch']>[0]): Promise<'ended' | 'gone'> {
    this.onWatch?.(watch.kind);
    return new Promise((resolve, reject) => {
      const open: OpenWatch = {
        version: watch.version,
        emit: watch.onEvents,
        end: (how) => {
          this.watches[watch.kind] = undefined;
          if (how instanceof Error) reject(how);
          else resolve(how);
        },
      };
      this.watches[watch.kind] = open;
      void this.#bookmarks(watch.kind, open);
      const missed = this.#log.filter(
        ({ event, kind }) => kind === watch.kind && Number(event.version) > Number(watch.version),
      );
      if (missed.length > 0) watch.onEvents(missed.map(({ event }) => event));
      watch.stop.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  }

  async #bookmarks(kind: Kind, watch: OpenWatch): Promise<void> {
    for (;;) {
      if (!this.clock) return;
      await this.clock.sleep(60_000);
      if (this.watches[kind] !== watch) return;
      watch.emit([{ type: 'bookmark', object: {}, version: String(this.version) }]);
    }
  }

  /** From now on these kinds can neither be listed nor watched; nothing of them: all can again. */
  forbid(...kinds: Kind[]): void {
    const refuse = (kind: Kind): void => {
      if (kinds.includes(kind)) throw new ApiError(403, `${kind} is forbidden`);
    };
    this.onList = refuse;
    this.onWatch = refuse;
    for (const kind of kinds) this.watches[kind]?.end(new ApiError(403, `${kind} is forbidden`));
  }

  /** Puts an object in place without telling a watch. */
  put(kind: Kind, object: Record<string, unknown>): void {
    this.objects[kind].set((object['metadata'] as { uid: string }).uid, object);
  }

  /** Puts objects in place and tells the watch, as one delivery; a watch that is down hears of it when it is resumed. */
  emit(kind: Kind, ...objects: Record<string, unknown>[]): void {
    for (const object of objects) this.put(kind, object);
    this.#happen(kind, objects, 'upsert');
  }

  /** Deletes an object and tells the watch. */
  emitRemoval(kind: Kind, uid: string): void {
    const object = this.objects[kind].get(uid);
    this.objects[kind].delete(uid);
    this.#happen(kind, [object], 'remove');
  }

  #happen(kind: Kind, objects: unknown[], type: 'upsert' | 'remove'): void {
    const events = objects.map((object): WatchEvent => {
      this.version += 1;
      return { type, object, version: String(this.version) };
    });
    this.#log.push(...events.map((event) => ({ kind, event })));
    this.watches[kind]?.emit(events);
  }
}

export function podObject(
  uid: string,
  more: {
    name?: string;
    namespace?: string;
    labels?: Record<string, string>;
    node?: string;
    ips?: string[];
    phase?: string;
    hostNetwork?: boolean;
    deleting?: boolean;
    started?: string;
  } = {},
): Record<string, unknown> {
  const ips = more.ips ?? ['10.0.0.1'];
  return {
    metadata: {
      uid,
      name: more.name ?? `name-of-${uid}`,
      namespace: more.namespace ?? 'shop',
      labels: more.labels ?? { app: 'web' },
      ...(more.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      nodeName: more.node ?? 'node-1',
      serviceAccountName: 'default',
      ...(more.hostNetwork ? { hostNetwork: true } : {}),
      containers: [{ name: 'c', image: 'i', env: [{ name: 'PASSWORD', value: 'never kept' }] }],
    },
    status: {
      phase: more.phase ?? 'Running',
      podIP: ips[0],
      podIPs: ips.map((ip) => ({ ip })),
      ...(more.started === undefined ? {} : { startTime: more.started }),
    },
  };
}

export function nodeObject(uid: string, name: string, ips: string[]): Record<string, unknown> {
  return {
    metadata: { uid, name, labels: { zone: 'a' } },
    status: {
      addresses: [
        ...ips.map((address) => ({ type: 'InternalIP', address })),
        { type: 'ExternalIP', address: '203.0.113.9' },
        { type: 'Hostname', address: name },
      ],
    },
  };
}

export function namespaceObject(
  uid: string,
  name: string,
  labels: Record<string, string> = {},
): Record<string, unknown> {
  return { metadata: { uid, name, labels, creationTimestamp: '2026-01-01T00:00:00Z' } };
}

/** Lets all promises that are ready run, and those that wait for the turn of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
