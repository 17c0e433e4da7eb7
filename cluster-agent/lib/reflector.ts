import { ZonebridgeError } from '../../lib/core/errors.ts';
import type { Clock, Random } from '../../lib/core/ports.ts';
import {
  type Projection,
  projectNamespace,
  projectNode,
  projectPod,
} from '../../lib/kubernetes/projection.ts';
import type { Warn } from '../../lib/kubernetes/read-object.ts';
import { projectIngress, projectService } from '../../lib/kubernetes/services.ts';
import { doubtsVersion, isGone, waitAfter } from './api-error.ts';
import type { Kind, ListPage, ObjectSource, WatchEvent } from './ports.ts';
import type { AgentStatus } from './status.ts';
import type { Store } from './store.ts';
import { backOff, pause } from './timing.ts';

const project: Record<Kind, (object: unknown, warn: Warn) => Projection | undefined> = {
  pod: projectPod,
  node: projectNode,
  namespace: projectNamespace,
  service: projectService,
  ingress: projectIngress,
};

/**
 * Watches in a row that may fail before the version is given up: few when the API itself refuses it, more when nobody answers, because a
 * new listing tells no more of what is gone than a watch that goes on, and cannot say who saw it.
 */
const most = { doubts: 5, failures: 20, larger: 3 };
/** When watches are answered and tell nothing for so long, not even a bookmark, a listing shows whether this kind is heard. */
const quietMilliseconds = 300_000;
/** Tries of one page of a listing beyond the first, so that a large listing does not begin again for each page that fails. */
const pageRetries = 4;
const retry = { base: 200, cap: 30_000 };
const resume = { base: 50, cap: 5_000 };

type WatchEnd = { how: 'clean' } | { how: 'gone' } | { how: 'error'; error: unknown };

/**
 * Keeps one kind of object in the store: lists all of it, watches from there, resumes the watch after whatever end from
 * its last version, and lists again only when that version is gone. Runs until stopped, whatever fails.
 */
export class Reflector {
  readonly #kind: Kind;
  readonly #source: ObjectSource;
  readonly #store: Store;
  readonly #status: AgentStatus;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onListed: () => void;
  readonly #onFailed: () => void;
  /** From which the next watch goes on. */
  #version: string | undefined;
  /** Watches in a row that ended without having told anything new. */
  #idleEnds = 0;
  #heardAt = 0;
  /** Listings that took so long that they could not be continued: larger pages are fewer. */
  #tooSlow = 0;

  constructor(options: {
    kind: Kind;
    source: ObjectSource;
    store: Store;
    status: AgentStatus;
    clock: Clock;
    random: Random;
    /** A complete listing is in the store. */
    onListed: () => void;
    /** A listing failed, and will be tried again. */
    onFailed?: () => void;
  }) {
    this.#kind = options.kind;
    this.#source = options.source;
    this.#store = options.store;
    this.#status = options.status;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onListed = options.onListed;
    this.#onFailed = options.onFailed ?? (() => undefined);
  }

  async run(stop: AbortSignal): Promise<void> {
    let listFailures = 0;
    while (!stop.aborted) {
      const refused = await this.#list(stop);
      if (refused === undefined) {
        listFailures = 0;
        await this.#watchOn(stop);
      } else {
        this.#onFailed();
        const wait = waitAfter(refused.error, backOff(listFailures++, retry, this.#random));
        await pause(this.#clock, wait, stop);
      }
    }
  }

  /** Undefined when every page came; only then the store learns of it, so half a listing removes nothing. */
  async #list(stop: AbortSignal): Promise<{ error: unknown } | undefined> {
    const found: Projection[] = [];
    let unreadable = false;
    let version: string | undefined;
    try {
      let page: ListPage | undefined;
      do {
        page = await this.#page(page?.next, stop);
        version ??= page.version;
        for (const object of page.items) {
          const projection = this.#project(object);
          if (projection) found.push(projection);
          else unreadable = true;
        }
      } while (page.next !== undefined);
    } catch (cause) {
      if (stop.aborted) return { error: cause };
      this.#listingFailed(cause);
      return { error: cause };
    }
    this.#version = version;
    // An object that we cannot read is not an object that is gone.
    this.#store.replace(this.#kind, found, { inferRemovals: !unreadable });
    this.#status.relisted(this.#kind);
    this.#heardAt = this.#clock.now();
    this.#onListed();
    return undefined;
  }

  /** One page; a later one that fails is asked for again, unless the listing cannot be continued. */
  async #page(next: string | undefined, stop: AbortSignal): Promise<ListPage> {
    for (let attempt = 0; ; attempt++) {
      try {
        const larger = Math.min(this.#tooSlow, most.larger);
        return await this.#source.list(this.#kind, { next, larger, stop });
      } catch (error) {
        if (next !== undefined && isGone(error)) this.#tooSlow += 1;
        if (next === undefined || attempt >= pageRetries || isGone(error) || stop.aborted) throw error;
        this.#listingFailed(error);
        await pause(this.#clock, waitAfter(error, backOff(attempt, retry, this.#random)), stop);
      }
    }
  }

  #listingFailed(cause: unknown): void {
    const message = `listing ${plural(this.#kind)}: ${cause instanceof Error ? cause.message : String(cause)}`;
    const error = new ZonebridgeError('kubernetes/listing-failed', message, { cause });
    this.#status.failed('the Kubernetes API', error);
  }

  /** Watches from the version that is known, again after each end, until that version is given up. */
  async #watchOn(stop: AbortSignal): Promise<void> {
    let [failures, doubts] = [0, 0];
    while (!stop.aborted) {
      const from = this.#version;
      const end = await this.#watch(from ?? '', stop);
      if (stop.aborted) return;
      this.#status.watchEnded(this.#kind, end.how);
      if (this.#version !== from) this.#idleEnds = failures = doubts = 0;
      if (end.how !== 'error') {
        if (end.how === 'clean') this.#heard();
        failures = doubts = 0;
        await pause(this.#clock, backOff(this.#idleEnds++, resume, this.#random), stop);
        if (end.how === 'gone') return;
        continue;
      }
      const doubtful = doubtsVersion(end.error);
      if (doubtful && this.#clock.now() - this.#heardAt > quietMilliseconds) return;
      if (doubtful) doubts += 1;
      const wait = waitAfter(end.error, backOff(failures++, retry, this.#random));
      await pause(this.#clock, wait, stop);
      if (doubts > most.doubts || failures > most.failures) return;
    }
  }

  async #watch(version: string, stop: AbortSignal): Promise<WatchEnd> {
    try {
      const end = await this.#source.watch({
        kind: this.#kind,
        version,
        stop,
        onEvents: (batch) => {
          this.#heard();
          for (const event of batch) this.#apply(event);
        },
      });
      return end === 'ended' ? { how: 'clean' } : { how: 'gone' };
    } catch (error) {
      if (!stop.aborted) this.#status.failed(`watching ${plural(this.#kind)}`, error);
      return { how: 'error', error };
    }
  }

  #heard(): void {
    this.#heardAt = this.#clock.now();
    this.#status.heard(this.#kind);
  }

  #apply(event: WatchEvent): void {
    // A watch tells in order; what is older than what it told before is told again.
    if (isOlder(event.version, this.#version)) return;
    const projection = event.type === 'bookmark' ? undefined : this.#project(event.object);
    if (projection && event.type === 'upsert') this.#store.upsert(projection, 'watch');
    if (projection && event.type === 'remove') this.#store.remove(projection, 'watch');
    this.#version = event.version;
  }

  #project(object: unknown): Projection | undefined {
    return project[this.#kind](object, (problem, detail) => this.#status.warn(problem, detail));
  }
}

function plural(kind: Kind): string {
  return kind === 'ingress' ? 'ingresses' : `${kind}s`;
}

/** Whether a version lies before another one. Versions that are no numbers cannot be compared, and count as new. */
function isOlder(version: string, than: string | undefined): boolean {
  if (than === undefined || !/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return BigInt(version) < BigInt(than);
}
