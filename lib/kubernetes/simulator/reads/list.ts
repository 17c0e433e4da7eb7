import { badRequest, expired, expiredContinue, tooLargeVersion } from '../refusal.ts';
import { apiVersion, type Resource } from '../resource.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Stored } from '../store/stored.ts';
import { type Filter, selectsEverything } from './selectors.ts';

interface Snapshot {
  entries: readonly Stored[];
  time: number;
}

interface Position {
  /** Of the listing that is continued; -1 when it goes on with what is there now. */
  revision: number;
  /** The last key that was given. */
  after: string;
}

const snapshotsKept = 64;
/** After as long a real API has usually compacted the version. */
const snapshotMilliseconds = 300_000;

export interface ListRequest {
  resource: Resource;
  /** Empty = all. */
  namespace: string;
  filter: Filter;
  query: URLSearchParams;
}

/** Listings in pages, each page of the state in which the first one was. */
export class Lists {
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(store: ObjectStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** The body of a page. */
  page(request: ListRequest): string {
    const { filter, namespace, query, resource } = request;
    const limit = Number(query.get('limit') ?? 0);
    const most = limit > 0 ? limit : Infinity;
    const token = query.get('continue') ?? '';
    const position = token === '' ? undefined : readToken(token);
    if (position === undefined) this.#checkVersion(query);
    const { entries, revision } = this.#entries(request, position);
    const start = position === undefined ? 0 : entries.findIndex(({ key }) => key > position.after);
    const page: string[] = [];
    let index = start < 0 ? entries.length : start;
    let last = '';
    for (; index < entries.length && page.length < most; index++) {
      const stored = entries[index];
      if (!stored || !filter(stored)) continue;
      page.push(stored.text);
      last = stored.key;
    }
    const metadata: Record<string, string | number> = { resourceVersion: String(revision) };
    if (index < entries.length) {
      this.#keep(keyOf(resource, namespace, revision), entries);
      metadata['continue'] = writeToken({ revision, after: last });
      if (selectsEverything(filter)) metadata['remainingItemCount'] = entries.length - index;
    }
    const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersion(resource)}"`;
    return `${head},"metadata":${JSON.stringify(metadata)},"items":[${page.join(',')}]}\n`;
  }

  /** Lets every listing that is under way expire. */
  expire(): void {
    this.#snapshots.clear();
  }

  #entries(
    { namespace, resource }: ListRequest,
    position: Position | undefined,
  ): { entries: readonly Stored[]; revision: number } {
    if (position !== undefined && position.revision >= 0) {
      const { after, revision } = position;
      const snapshot = this.#snapshots.get(keyOf(resource, namespace, revision));
      if (!snapshot || this.#now() - snapshot.time > snapshotMilliseconds) {
        throw expiredContinue(writeToken({ revision: -1, after }));
      }
      return { entries: snapshot.entries, revision };
    }
    return { entries: this.#store.of(resource).list(namespace), revision: this.#store.revision };
  }

  #keep(key: string, entries: readonly Stored[]): void {
    const time = this.#snapshots.get(key)?.time ?? this.#now();
    this.#snapshots.delete(key);
    this.#snapshots.set(key, { entries, time });
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshots.size <= snapshotsKept) break;
      this.#snapshots.delete(oldest);
    }
  }

  /** Every version up to now is answered with the state of now; exactly an older one is gone. */
  #checkVersion(query: URLSearchParams): void {
    const wanted = query.get('resourceVersion') ?? '';
    if (wanted === '' || wanted === '0') return;
    const version = readVersion(wanted);
    const { revision } = this.#store;
    if (version > revision) throw tooLargeVersion(version, revision);
    if (query.get('resourceVersionMatch') === 'Exact' && version < revision) throw expired(wanted, revision);
  }
}

/** Throws a refusal for what is no version. */
export function readVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}`);
  return Number(text);
}

function keyOf(resource: Resource, namespace: string, revision: number): string {
  return `${resource.plural}.${resource.group}|${namespace}|${revision}`;
}

function writeToken({ after, revision }: Position): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString(
    'base64url',
  );
}

function readToken(token: string): Position {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as {
      rv: unknown;
      start: unknown;
    };
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Told below.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}
