import type { Kind, ListPage, ObjectSource, WatchEvent } from '../../../cluster-agent/lib/ports.ts';
import type { Process } from '../kernel/process.ts';
import type { Kubernetes, LogEntry } from './kubernetes.ts';

const pageSize = 25;
const bookmarkMs = 60_000;

/** The Kubernetes API as an agent's process sees it: pages, watches that end, listings that fail. */
export function sourceOf(process: Process, api: Kubernetes): ObjectSource {
  const { kernel } = process;
  const snapshots = new Map<string, { items: unknown[]; version: number }>();
  let lists = 0;
  return {
    list: (kind, { next }) =>
      process.call(`list ${kind}`, (): ListPage => {
        if (kernel.strikes('listFails')) throw new Error('429 too many requests');
        const [id = String((lists += 1)), from = '0'] = next?.split('/') ?? [];
        const snapshot = snapshots.get(id) ?? { items: api.objects(kind), version: api.version };
        snapshots.set(id, snapshot);
        const end = Number(from) + pageSize;
        const page = { items: snapshot.items.slice(Number(from), end), version: String(snapshot.version) };
        if (end < snapshot.items.length) return { ...page, next: `${id}/${end}` };
        snapshots.delete(id);
        return page;
      }),
    watch: async (request) => {
      await process.call(`watch ${request.kind}`, () => undefined);
      if (Number(request.version) < api.compacted) return 'gone';
      // It was stopped while it was asked for: no signal comes any more.
      if (request.stop.aborted) return 'ended';
      return new Promise((resolve, reject) => follow(process, api, { ...request, resolve, reject }));
    },
  };
}

interface Watch {
  kind: Kind;
  version: string;
  onEvents: (events: readonly WatchEvent[]) => void;
  stop: AbortSignal;
  resolve: (end: 'ended' | 'gone') => void;
  reject: (error: Error) => void;
}

/** Tells the watch what is missed and what comes, in order and each after a while, until it ends. */
function follow(process: Process, api: Kubernetes, watch: Watch): void {
  const { kernel } = process;
  let open = true;
  /** Nothing arrives before what came earlier. */
  let arrival = kernel.now;
  const end = (act: () => void): void => {
    open = false;
    const at = api.watchers.indexOf(tell);
    if (at >= 0) api.watchers.splice(at, 1);
    act();
  };
  const tell = (entry: LogEntry): void => {
    if (!process.alive) return end(() => undefined);
    if (entry.kind !== watch.kind) return;
    arrival = Math.max(arrival, kernel.now + kernel.dice.delay(15));
    const breaks = kernel.strikes('watchEnds');
    process.later(arrival - kernel.now, () => {
      if (!open) return;
      if (breaks) return end(howItEnds(process, watch));
      const { type, object, version } = entry;
      last = String(version);
      watch.onEvents([{ type, object, version: String(version) }]);
    });
  };
  let last = watch.version;
  // As a real API does each minute. Ours says no more than what was told, so that watches begin at what they know.
  const bookmark = (): void => {
    if (!open || !process.alive) return;
    process.later(Math.max(0, arrival - kernel.now), () => {
      if (open) watch.onEvents([{ type: 'bookmark', object: {}, version: last }]);
    });
    kernel.scheduler.after(bookmarkMs, bookmark);
  };
  kernel.scheduler.after(bookmarkMs, bookmark);
  for (const entry of api.log) if (entry.version > Number(watch.version)) tell(entry);
  api.watchers.push(tell);
  watch.stop.addEventListener('abort', () => open && end(() => watch.reject(new Error('stopped'))), {
    once: true,
  });
}

function howItEnds(process: Process, watch: Watch): () => void {
  const how = process.kernel.dice.weighted({ clean: 3, broken: 2, gone: 1 });
  if (how === 'clean') return () => watch.resolve('ended');
  if (how === 'gone') return () => watch.resolve('gone');
  return () => watch.reject(new Error('the connection was cut'));
}
