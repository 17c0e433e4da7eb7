import { z } from 'zod';
import type { Random } from '../lib/core/ports.ts';
import { AnswerTooLong, kubernetesRequests, readBody } from './kubernetes-request.ts';
import type { Documents, Kind, ListPage, ObjectSource } from './lib/ports.ts';
import { ApiError, isGone } from './lib/api-error.ts';
import { readEvents } from './watch-stream.ts';
import { type Entrance, HttpsClusterApi } from '../lib/kubernetes/administration/cluster-api.ts';
import type { ClusterObjects } from '../lib/core/way-back/ports.ts';

/** Where the objects of a kind are, and what the API calls a listing of them. */
const resources: Record<Kind, { path: string; list: string }> = {
  pod: { path: '/api/v1/pods', list: 'PodList' },
  node: { path: '/api/v1/nodes', list: 'NodeList' },
  namespace: { path: '/api/v1/namespaces', list: 'NamespaceList' },
  service: { path: '/api/v1/services', list: 'ServiceList' },
  ingress: { path: '/apis/networking.k8s.io/v1/ingresses', list: 'IngressList' },
};

/** Asked for at once where objects are as large as they may be: the API takes objects of up to 1.5 MB or so. */
const fewObjects = 5;

const documentSilenceMilliseconds = 10_000;

export interface Tuning {
  /** Objects that are asked for at once: pages of 500 take 10 MB more of memory than pages of 100. */
  pageSize: number;
  /** After how many milliseconds without a byte a connection is taken for dead. */
  listSilence: number;
  /** A watch hears a bookmark about every minute, also when nothing happens. */
  watchSilence: number;
}

const usual: Tuning = { pageSize: 100, listSilence: 60_000, watchSilence: 150_000 };

/** A complete answer: one without its items is not taken for an empty one. */
const listing = z.object({
  kind: z.string(),
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()),
});

/**
 * Lists and watches over the Kubernetes API. We use no library: the usual one's informer stops at an error, and its watch drops lines it
 * cannot parse.
 */
export function kubernetesSource(
  entrance: Entrance,
  random: Random,
  tuning: Partial<Tuning> = {},
): ObjectSource {
  const ask = kubernetesRequests(entrance);
  const { listSilence, pageSize, watchSilence } = { ...usual, ...tuning };
  return {
    async list(kind, { next, larger, stop }) {
      const page = async (limit: number): Promise<ListPage> => {
        const query = { limit: String(limit), ...(next === undefined ? {} : { continue: next }) };
        const response = await ask({ path: pathOf(kind, query), silence: listSilence, again: true, stop });
        return readPage(await readBody(response), resources[kind].list);
      };
      const sizes = [pageSize * 4 ** larger, ...(larger > 0 ? [pageSize] : [])];
      for (const size of sizes) {
        try {
          return await page(size);
        } catch (error) {
          if (!(error instanceof AnswerTooLong)) throw error;
        }
      }
      return page(fewObjects);
    },
    async watch({ kind, version, onEvents, stop }) {
      const query = {
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: version,
        // Not all watches of all agents at the same moment.
        timeoutSeconds: String(Math.round(300 + 300 * random.next())),
      };
      try {
        const response = await ask({ path: pathOf(kind, query), silence: watchSilence, stop });
        return await readEvents(response, onEvents).catch((error: unknown) => {
          throw brokenOff(error);
        });
      } catch (error) {
        if (isGone(error)) return 'gone';
        throw error;
      }
    },
  };
}

/** Reads single documents. */
export function kubernetesDocuments(entrance: Entrance): Documents {
  const ask = kubernetesRequests(entrance);
  return {
    async read(path) {
      try {
        const response = await ask({ path, silence: documentSilenceMilliseconds });
        return { object: JSON.parse(await readBody(response)) as unknown };
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return 'absent';
        if (error instanceof ApiError && error.status === 403) return 'forbidden';
        throw error;
      }
    },
  };
}

/** A watch that was answered and then broke off: unlike a connection that failed, it may be its version that does not work. */
function brokenOff(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, `a watch that broke off: ${error instanceof Error ? error.message : String(error)}`);
}

function pathOf(kind: Kind, query: Record<string, string>): string {
  return `${resources[kind].path}?${new URLSearchParams(query).toString()}`;
}

/** Writes what the hub wants, as a field manager of its own: what people install is theirs. */
export function kubernetesObjects(entrance: Entrance): ClusterObjects {
  return new HttpsClusterApi(entrance, { fieldManager: 'zonebridge-agent' });
}

/** Throws for what is not a page of this listing. */
function readPage(body: string, list: string): ListPage {
  const { items, kind, metadata } = listing.parse(JSON.parse(body));
  if (kind !== list)
    throw new Error(`the Kubernetes API answered a ${kind.slice(0, 40)} instead of a ${list}`);
  return {
    items,
    version: metadata.resourceVersion,
    ...(metadata.continue ? { next: metadata.continue } : {}),
  };
}
