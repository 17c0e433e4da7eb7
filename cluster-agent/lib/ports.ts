import type { GateCondition } from '../../lib/core/gates/gate.ts';
import type { ChangeCause } from '../../lib/core/model/messages.ts';

/** One entry of a PutEvents call; source and bus are the adapter's. */
export interface BusEntry {
  detailType: string;
  /** JSON text. */
  detail: string;
}

export interface EventBus {
  /**
   * At most 10 entries. Answers in their order: undefined for an accepted entry, the error code for a refused one.
   * Throws when the outcome of the whole call is refused or unknown.
   */
  putEvents(entries: readonly BusEntry[]): Promise<(string | undefined)[]>;
}

export interface InboxMessage {
  body: string;
  /** Done with it: never delivered again. */
  ack(): Promise<void>;
  /** Not ours: delivered to another receiver at once. */
  release(): Promise<void>;
}

export interface Inbox {
  /** Waits up to 20 s for messages; empty when there was none. */
  receive(stop: AbortSignal): Promise<InboxMessage[]>;
}

export type Kind = 'pod' | 'node' | 'namespace' | 'service' | 'ingress';

/** Which services are told: none, those with a load balancer or external addresses and all ingresses, or every one with its virtual addresses. */
export type ServicesTold = 'off' | 'on' | 'all';

/** What is listed and watched. */
export function kindsFor(services: ServicesTold): readonly Kind[] {
  const always: Kind[] = ['pod', 'node', 'namespace'];
  return services === 'off' ? always : [...always, 'service', 'ingress'];
}

export interface ListPage {
  items: readonly unknown[];
  /** The resourceVersion of the whole listing. */
  version: string;
  /** Present when there is more. */
  next?: string;
}

export interface WatchEvent {
  type: 'upsert' | 'remove' | 'bookmark';
  object: unknown;
  /** The resourceVersion from which a watch can be resumed after this event. */
  version: string;
}

/** Single objects and short listings, by their path. */
export interface Documents {
  /** `absent`: not there, also when the API knows no such kind; `forbidden`: our rights leave it out. Throws on everything else. */
  read(path: string): Promise<{ object: unknown } | 'absent' | 'forbidden'>;
}

export interface ObjectSource {
  /**
   * One page of all objects of a kind, as they are now, or the one after `next`. Throws when it is not complete, `ApiError` with
   * status 410 when the listing cannot be continued. Pages are `larger` times four times as large as usual.
   */
  list(kind: Kind, page: { next: string | undefined; larger: number; stop: AbortSignal }): Promise<ListPage>;
  /**
   * Tells what happens after `version` until the stream ends: `ended` for any clean end, `gone` when the version is too
   * old to be resumed. `onEvents` gets what arrived together, in order. Throws on everything else.
   */
  watch(watch: {
    kind: Kind;
    version: string;
    onEvents: (events: readonly WatchEvent[]) => void;
    stop: AbortSignal;
  }): Promise<'ended' | 'gone'>;
}

/** Conditions of pods that wait for their firewalls. */
export interface Gates {
  /** Nothing happens when the pod is gone, or another one has its name. Throws on everything else. */
  write(
    pod: { namespace: string; name: string; uid: string },
    condition: GateCondition & { at: number },
  ): Promise<void>;
}

/** How something became known: seen in the watch, or found by comparing a listing. */
export type Seen = 'watch' | 'relist';

/** Told about each endpoint whose record may have changed. */
export type Touch = (id: string, cause: ChangeCause, how?: TouchedHow) => void;

/** `isAddressed`: a pod got the addresses that it has now. */
export interface TouchedHow {
  isAddressed?: boolean;
}
