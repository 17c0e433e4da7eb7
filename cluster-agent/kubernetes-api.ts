import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { ZonebridgeError } from '../lib/core/errors.ts';
import type { Random } from '../lib/core/ports.ts';
import type { Documents, Kind, ListPage, ObjectSource } from './lib/ports.ts';
import { ApiError, isGone } from './lib/api-error.ts';
import { readEvents } from './watch-stream.ts';
import { HttpsClusterApi } from '../lib/kubernetes/administration/cluster-api.ts';
import { configEntrance } from '../lib/kubernetes/administration/kubeconfig.ts';
import type { ClusterObjects } from '../lib/core/way-back/ports.ts';

/** Where the objects of a kind are, and what the API calls a listing of them. */
const resources: Record<Kind, { path: string; list: string }> = {
  pod: { path: '/api/v1/pods', list: 'PodList' },
  node: { path: '/api/v1/nodes', list: 'NodeList' },
  namespace: { path: '/api/v1/namespaces', list: 'NamespaceList' },
  service: { path: '/api/v1/services', list: 'ServiceList' },
  ingress: { path: '/apis/networking.k8s.io/v1/ingresses', list: 'IngressList' },
};

const documentSilenceMilliseconds = 10_000;

export interface Tuning {
  /** Objects that are asked for at once. */
  pageSize: number;
  /** After how many milliseconds without a byte a connection is taken for dead. */
  listSilence: number;
  /** A watch hears a bookmark about every minute, also when nothing happens. */
  watchSilence: number;
}

const usual: Tuning = { pageSize: 500, listSilence: 60_000, watchSilence: 150_000 };

/** A complete answer: one without its items is not taken for an empty one. */
const listing = z.object({
  kind: z.string(),
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()),
});

/**
 * Lists and watches over the Kubernetes API, with the address and credentials of a kubeconfig or of the pod's service
 * account (whose token is read anew as it rotates).
 *
 * Of client-node we use the configuration alone: its informer stops at an error, and its watch drops lines it cannot parse.
 * Throws `configuration/invalid` for a cluster whose certificate is not to be verified.
 */
export function kubernetesSource(
  config: KubeConfig,
  random: Random,
  tuning: Partial<Tuning> = {},
): ObjectSource {
  const ask = asker(config);
  const { listSilence, pageSize, watchSilence } = { ...usual, ...tuning };
  return {
    async list(kind, { next, stop }) {
      const query = { limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
      const response = await ask(pathOf(kind, query), listSilence, stop);
      return readPage(await readBody(response), resources[kind].list);
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
        const response = await ask(pathOf(kind, query), watchSilence, stop);
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

/** Reads single documents, with the same address and credentials. Throws as `kubernetesSource` does. */
export function kubernetesDocuments(config: KubeConfig): Documents {
  const ask = asker(config);
  return {
    async read(path) {
      try {
        return {
          object: JSON.parse(await readBody(await ask(path, documentSilenceMilliseconds))) as unknown,
        };
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

/** Writes what the hub wants, as a field manager of its own: what people install is theirs. Throws as `kubernetesSource` does. */
export function kubernetesObjects(config: KubeConfig): ClusterObjects {
  return new HttpsClusterApi(configEntrance(config, serverOf(config)), { fieldManager: 'zonebridge-agent' });
}

function asker(config: KubeConfig) {
  const server = serverOf(config);
  const tokenFile = tokenFileOf(config);
  return async (path: string, silence: number, stop?: AbortSignal): Promise<IncomingMessage> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    // client-node keeps what it read for a minute, also when the API refuses it.
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
    const limits = { silence, ...(stop ? { signal: stop } : {}) };
    return get(new URL(server + path), options, limits, token);
  };
}

function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new ZonebridgeError('configuration/invalid', 'The kubeconfig names no cluster');
  if (cluster.skipTLSVerify) {
    const message = 'The kubeconfig switches off certificate verification (insecure-skip-tls-verify)';
    throw new ZonebridgeError('configuration/invalid', message);
  }
  return cluster.server.replace(/\/$/, '');
}

/** The file of a pod's service account, whose content changes as tokens run out. */
function tokenFileOf(config: KubeConfig): string | undefined {
  const settings: unknown = config.getCurrentUser()?.authProvider?.config;
  const parsed = z.object({ tokenFile: z.string() }).safeParse(settings);
  return parsed.success ? parsed.data.tokenFile : undefined;
}

/** Throws {@link ApiError} for every status but 200. */
async function get(
  url: URL,
  options: RequestOptions,
  { silence, ...limits }: { silence: number; signal?: AbortSignal },
  token: string | undefined,
): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { ...options, ...limits, method: 'GET' }, resolve);
    if (token !== undefined) sent.setHeader('authorization', `Bearer ${token}`);
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.setTimeout(silence, () => sent.destroy(new Error('the Kubernetes API is silent')));
    sent.on('error', reject);
    sent.end();
  });
  if (response.statusCode === 200) return response;
  throw new ApiError(response.statusCode ?? 0, await readBody(response), response.headers['retry-after']);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of response.setEncoding('utf8')) chunks.push(String(chunk));
  return chunks.join('');
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
