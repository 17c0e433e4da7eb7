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

/** A version that several watches in a row could not resume from is given up. */
const maxResumes = 5;
const retry = { base: 200, cap: 30_000 };
const resume = { base: 50, cap: 5_000 };

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
  /** Undefined = list first. */
  #version: string | undefined;

  constructor(options: {
    kind: Kind;
    source: ObjectSource;
    store: Store;
    status: AgentStatus;
    clock: Clock;
    random: Random;
    /** A complete listing is in the store. */
    onListed: () => void;
  }) {
    this.#kind = options.kind;
    this.#source = options.source;
    this.#store = options.store;
    this.#status = options.status;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onListed = options.onListed;
  }

  async run(stop: AbortSignal): Promise<void> {
    let listFailures = 0;
    let idleEnds = 0;
    let watchFailures = 0;
    while (!stop.aborted) {
      if (this.#version === undefined) {
        if (await this.#list()) {
          listFailures = watchFailures = 0;
        } else {
          await pause(this.#clock, backOff(listFailures++, retry, this.#random), stop);
          continue;
        }
      }
      const { end, events } = await this.#watch(this.#version ?? '', stop);
      if (stop.aborted) return;
      this.#status.watchEnded(this.#kind, end);
      if (events > 0) idleEnds = watchFailures = 0;
      if (end === 'gone' || watchFailures >= maxResumes) this.#version = undefined;
      const wait =
        end === 'error'
          ? backOff(watchFailures++, retry, this.#random)
          : backOff(idleEnds++, resume, this.#random);
      await pause(this.#clock, wait, stop);
    }
  }

  /** True when every page came; only then the store learns of it, so half a listing removes nothing. */
  async #list(): Promise<boolean> {
    const found: Projection[] = [];
    let unreadable = false;
    try {
      let page: ListPage | undefined;
      let version: string | undefined;
      do {
        page = await this.#source.list(this.#kind, page?.next);
        version ??= page.version;
        for (const object of page.items) {
          const projection = this.#project(object);
          if (projection) found.push(projection);
          else unreadable = true;
        }
      } while (page.next !== undefined);
      this.#version = version;
    } catch (cause) {
      const message = `listing ${plural(this.#kind)}: ${cause instanceof Error ? cause.message : String(cause)}`;
      this.#status.failed(
        'the Kubernetes API',
        new ZonebridgeError('kubernetes/listing-failed', message, { cause }),
      );
      return false;
    }
    // An object that we cannot read is not an object that is gone.
    this.#store.replace(this.#kind, found, { inferRemovals: !unreadable });
    this.#status.relisted(this.#kind);
    this.#onListed();
    return true;
  }

  async #watch(
    version: string,
    stop: AbortSignal,
  ): Promise<{ end: 'clean' | 'gone' | 'error'; events: number }> {
    let events = 0;
    try {
      const end = await this.#source.watch({
        kind: this.#kind,
        version,
        stop,
        onEvents: (batch) => {
          events += batch.length;
          for (const event of batch) this.#apply(event);
        },
      });
      return { end: end === 'ended' ? 'clean' : 'gone', events };
    } catch (error) {
      if (!stop.aborted) this.#status.failed(`watching ${plural(this.#kind)}`, error);
      return { end: 'error', events };
    }
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
