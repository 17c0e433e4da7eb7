import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { ZonebridgeError } from '../lib/core/errors.ts';
import { ApiError } from './lib/api-error.ts';

export interface KubernetesRequest {
  path: string;
  /** GET unless given. */
  method?: 'GET' | 'PUT';
  /** JSON text. */
  body?: string;
  /** After how many milliseconds without a byte the connection is taken for dead. */
  silence: number;
  stop?: AbortSignal | undefined;
}

/** The beginning of an answer with a status of success. Throws {@link ApiError} for any other, with what the API said. */
export type Ask = (asked: KubernetesRequest) => Promise<IncomingMessage>;

/** Where the API answers. Throws `configuration/invalid` for a cluster whose certificate is not to be verified. */
export function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new ZonebridgeError('configuration/invalid', 'The kubeconfig names no cluster');
  if (cluster.skipTLSVerify) {
    const message = 'The kubeconfig switches off certificate verification (insecure-skip-tls-verify)';
    throw new ZonebridgeError('configuration/invalid', message);
  }
  return cluster.server.replace(/\/$/, '');
}

/** Requests with the address and credentials of a kubeconfig or of the pod's service account. Throws as `serverOf` does. */
export function kubernetesRequests(config: KubeConfig): Ask {
  const server = serverOf(config);
  const tokenFile = tokenFileOf(config);
  return async (asked) => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    // client-node keeps what it read for a minute, also when the API refuses it.
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
    const response = await send(new URL(server + asked.path), options, asked, token);
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 201) return response;
    throw new ApiError(status, await readBody(response), response.headers['retry-after']);
  };
}

/** The rest of an answer. */
export async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: string[] = [];
  for await (const chunk of response.setEncoding('utf8')) chunks.push(String(chunk));
  return chunks.join('');
}

/** The file of a pod's service account, whose content changes as tokens run out. */
function tokenFileOf(config: KubeConfig): string | undefined {
  const settings: unknown = config.getCurrentUser()?.authProvider?.config;
  const parsed = z.object({ tokenFile: z.string() }).safeParse(settings);
  return parsed.success ? parsed.data.tokenFile : undefined;
}

async function send(
  url: URL,
  options: RequestOptions,
  { body, method = 'GET', silence, stop }: KubernetesRequest,
  token: string | undefined,
): Promise<IncomingMessage> {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { ...options, ...(stop ? { signal: stop } : {}), method }, resolve);
    if (token !== undefined) sent.setHeader('authorization', `Bearer ${token}`);
    if (body !== undefined) sent.setHeader('content-type', 'application/json');
    sent.on('socket', (socket) => socket.setKeepAlive(true, 15_000));
    sent.setTimeout(silence, () => sent.destroy(new Error('the Kubernetes API is silent')));
    sent.on('error', reject);
    sent.end(body);
  });
}
