import type { ServerResponse } from 'node:http';
import { expired, type Refusal } from '../refusal.ts';
import { apiVersion } from '../resource.ts';
import type { Change, Collection } from '../store/collection.ts';
import type { Filter } from './selectors.ts';
import { eventLine, type Frame, frameFor, makeFrame } from './watch.ts';

/** What a reader may have unread before its watch is ended, cleanly, as a real API does. */
const backlogBytes = 8 * 1024 * 1024;

/** The last bookmark comes this long before the end. */
const lastBookmarkMilliseconds = 2000;

export interface WatchRequest {
  collection: Collection;
  /** Empty = all. */
  namespace: string;
  filter: Filter;
  /** Changes after this one are told; undefined = everything that is there first. */
  from: number | undefined;
  /** A bookmark tells where what was there ends. */
  marksInitial: boolean;
  bookmarks: boolean;
  bookmarkMilliseconds: number;
  timeoutMilliseconds: number;
  /** The revision of now. */
  revision: () => number;
  /** Decides what becomes of a frame under faults; the usual thing is to send it. */
  pass: (frame: Frame, watcher: Watcher) => void;
}

/** One open watch. */
export class Watcher {
  readonly #response: ServerResponse;
  readonly #request: WatchRequest;
  readonly #timers: NodeJS.Timeout[] = [];
  #leave: (() => void) | undefined;
  #corked = false;
  #open = true;
  /** Sends nothing any more, and is not closed: a connection that died on the way. */
  silent = false;
  onEnd: () => void = () => undefined;

  constructor(response: ServerResponse, request: WatchRequest) {
    this.#response = response;
    this.#request = request;
  }

  start(): void {
    const { bookmarkMilliseconds, bookmarks, collection, from, timeoutMilliseconds } = this.#request;
    const missed = from === undefined ? [] : collection.since(from);
    this.#response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
    });
    this.#response.flushHeaders();
    this.#response.on('close', () => this.#finish());
    if (missed === undefined) {
      this.refuse(expired(String(from), collection.oldest));
      return;
    }
    // Nothing can happen between what was missed and what is told from now on: all of this is one turn.
    if (from === undefined) this.#tellAll();
    for (const change of missed) this.#tell(change);
    if (!this.#open) return;
    this.#leave = collection.listen((change) => this.#tell(change));
    if (bookmarks) {
      this.#timers.push(setInterval(() => this.#bookmark(), bookmarkMilliseconds));
    }
    // One more shortly before the end, so that the next watch begins near it.
    if (bookmarks && timeoutMilliseconds > lastBookmarkMilliseconds) {
      const wait = timeoutMilliseconds - lastBookmarkMilliseconds;
      this.#timers.push(setTimeout(() => this.#bookmark(), wait));
    }
    this.#timers.push(setTimeout(() => this.end(), timeoutMilliseconds));
  }

  send({ bytes }: Frame): void {
    this.#write(bytes);
  }

  /** What no API should send. */
  sendText(text: string): void {
    this.#write(Buffer.from(text));
  }

  /** Ends cleanly. */
  end(): void {
    if (!this.#open) return;
    this.#finish();
    // What is dead has no end either.
    if (this.silent) return;
    // An end does not wait for what is held back.
    this.#release();
    this.#response.end();
  }

  /** Ends in the middle of whatever was sent. */
  cut(): void {
    this.#finish();
    this.#response.destroy();
  }

  /** Ends with an event that says why. */
  refuse(refusal: Refusal): void {
    this.#write(eventLine('ERROR', JSON.stringify(refusal.body())));
    this.end();
  }

  #tellAll(): void {
    const { collection, filter, marksInitial, namespace } = this.#request;
    for (const stored of collection.list(namespace)) {
      if (filter(stored)) this.#request.pass(makeFrame('ADDED', stored), this);
    }
    if (marksInitial) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #tell(change: Change): void {
    const frame = frameFor(change, this.#request.namespace, this.#request.filter);
    if (frame && this.#open) this.#request.pass(frame, this);
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { collection, revision } = this.#request;
    const { resource } = collection;
    const object = {
      kind: resource.kind,
      apiVersion: apiVersion(resource),
      metadata: { resourceVersion: String(revision()), ...(annotations ? { annotations } : {}) },
      ...(resource.subresources?.includes('status') ? { spec: {}, status: {} } : {}),
    };
    this.#write(eventLine('BOOKMARK', JSON.stringify(object)));
  }

  /** Collects what is written in one turn into one packet. */
  #write(bytes: Buffer): void {
    if (!this.#open || this.silent) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#response.cork();
      process.nextTick(() => this.#release());
    }
    this.#response.write(bytes);
    if (this.#response.writableLength > backlogBytes) this.end();
  }

  #release(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#response.uncork();
  }

  #finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#leave?.();
    for (const timer of this.#timers) clearTimeout(timer);
    this.onEnd();
  }
}
