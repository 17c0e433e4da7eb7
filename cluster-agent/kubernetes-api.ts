import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { ZonebridgeError } from '../lib/core/errors.ts';
import type { Random } from '../lib/core/ports.ts';
import type { Documents, Kind, ListPage, ObjectSource } from './lib/ports.ts';
import { ApiError, readEvents } from './watch-stream.ts';

const paths: Record<Kind, string> = {
  pod: '/api/v1/pods',
  node: '/api/v1/nodes',
  namespace: '/api/v1/namespaces',
  service: '/api/v1/services',
  ingress: '/apis/networking.k8s.io/v1/ingresses',
};

const pageSize = 500;
const listSilenceMilliseconds = 60_000;
const documentSilenceMilliseconds = 10_000;
/** The API sends a bookmark about every minute; a connection that is silent for longer is taken for dead. */
const watchSilenceMilliseconds = 150_000;

const listing = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});
/**
 * Lists and watches over the Kubernetes API, with the address and credentials of a kubeconfig or of the pod's service
 * account (whose token is read anew as it rotates).
 *
 * Of client-node we use the configuration alone: its informer stops at an error, and its watch drops lines it cannot parse.
 * Throws `configuration/invalid` for a cluster whose certificate is not to be verified.
 */
export function kubernetesSource(config: KubeConfig, random: Random): ObjectSource {
  const ask = asker(config);
  const open = async (kind: Kind, query: Record<string, string>, silence: number, stop?: AbortSignal) =>
    ask(`${paths[kind]}?${new URLSearchParams(query).toString()}`, silence, stop);
  return {
    async list(kind, next) {
      const query = { limit: String(pageSize), ...(next === undefined ? {} : { continue: next }) };
      const response = await open(kind, query, listSilenceMilliseconds);
      return readPage(await readBody(response));
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
        const response = await open(kind, query, watchSilenceMilliseconds, stop);
        return await readEvents(response, onEvents);
      } catch (error) {
        if (error instanceof ApiError && error.status === 410) return 'gone';
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

function asker(config: KubeConfig) {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new ZonebridgeError('configuration/invalid', 'The kubeconfig names no cluster');
  if (cluster.skipTLSVerify) {
    const message = 'The kubeconfig switches off certificate verification (insecure-skip-tls-verify)';
    throw new ZonebridgeError('configuration/invalid', message);
  }
  const server = cluster.server.replace(/\/$/, '');
  return async (path: string, silence: number, stop?: AbortSignal): Promise<IncomingMessage> => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return get(new URL(server + path), stop ? { ...options, signal: stop } : options, silence);
  };
}

/** Throws {@link ApiError} for every status but 200. */
async function get(url: URL, options: RequestOptions, silence: number): Promise<IncomingMessage> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { ...options, method: 'GET' }, resolve);
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.setTimeout(silence, () => sent.destroy(new Error('the Kubernetes API is silent')));
    sent.on('error', reject);
    sent.end();
  });
  if (response.statusCode === 200) return response;
  throw new ApiError(response.statusCode ?? 0, await readBody(response));
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of response.setEncoding('utf8')) chunks.push(String(chunk));
  return chunks.join('');
}

function readPage(body: string): ListPage {
  const { items, metadata } = listing.parse(JSON.parse(body));
  return {
    items: items ?? [],
    version: metadata.resourceVersion,
    ...(metadata.continue ? { next: metadata.continue } : {}),
  };
}
