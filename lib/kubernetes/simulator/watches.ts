import type { Answer } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { WatchFaults } from './faults/watch-faults.ts';
import { type ListRequest, readVersion } from './reads/list.ts';
import { Watcher } from './reads/watcher.ts';
import { tooLargeVersion } from './refusal.ts';

export type OpenWatch = (request: ListRequest) => Answer;

/** A real API ends watches that name no time after half an hour to an hour. */
const defaultTimeoutSeconds = 1800;

/** All open watches. */
export class Watches {
  readonly #cluster: Cluster;
  readonly #bookmarkMilliseconds: number;
  readonly #open = new Map<Watcher, string>();

  constructor(cluster: Cluster, bookmarkMilliseconds: number) {
    this.#cluster = cluster;
    this.#bookmarkMilliseconds = bookmarkMilliseconds;
  }

  /** Number of watches by kind. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const plural of this.#open.values()) counts[plural] = (counts[plural] ?? 0) + 1;
    return counts;
  }

  /** Opens a watch. Throws a refusal (400, 504) for a version that cannot be. */
  open({ filter, namespace, query, resource }: ListRequest, faults: WatchFaults): Answer {
    const { store } = this.#cluster;
    const version = query.get('resourceVersion') ?? '';
    const initial = query.get('sendInitialEvents') === 'true';
    const from = initial || version === '' || version === '0' ? undefined : readVersion(version);
    if (from !== undefined && from > store.revision) throw tooLargeVersion(from, store.revision);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const bookmarks = query.get('allowWatchBookmarks') === 'true';
    return {
      stream: (response) => {
        const watcher = new Watcher(response, {
          collection: store.of(resource),
          namespace,
          filter,
          from,
          marksInitial: initial && bookmarks,
          bookmarks,
          bookmarkMilliseconds: this.#bookmarkMilliseconds,
          timeoutMilliseconds: (seconds > 0 ? seconds : defaultTimeoutSeconds * (1 + Math.random())) * 1000,
          revision: () => store.revision,
          pass: faults.pass,
        });
        this.#open.set(watcher, resource.plural);
        watcher.onEnd = () => this.#open.delete(watcher);
        watcher.start();
        faults.started(watcher);
      },
    };
  }

  /** Does something to every open watch, or to those of one kind; returns how many. */
  each(plural: string | undefined, action: (watcher: Watcher) => void): number {
    const chosen = [...this.#open].filter(([, kind]) => plural === undefined || kind === plural);
    for (const [watcher] of chosen) action(watcher);
    return chosen.length;
  }
}
