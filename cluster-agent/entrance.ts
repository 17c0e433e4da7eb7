import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { ZonebridgeError } from '../lib/core/errors.ts';
import type { Entrance } from '../lib/kubernetes/administration/cluster-api.ts';

/** Where Kubernetes puts the credentials of a pod's service account. */
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount';

/*
 * The usual client library takes 36 MB of memory for this alone, so the agent does it by itself. Files are read for each request, because
 * tokens and authorities are renewed in their place.
 */

export interface AgentEntrance extends Entrance {
  /** Of the pod, or of the kubeconfig's context. */
  namespace: string;
}

/** The way to the API from within a pod. Throws `configuration/invalid` outside of one. */
export async function podEntrance(
  environment: Readonly<Record<string, string | undefined>>,
  folder = serviceAccount,
): Promise<AgentEntrance> {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (!host || !port)
    throw invalid('KUBECONFIG is not set, and this is no pod: KUBERNETES_SERVICE_HOST and _PORT are not set');
  const namespace = await readFile(resolve(folder, 'namespace'), 'utf8').catch(() => 'default');
  return {
    namespace: namespace.trim(),
    url: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    async credentials() {
      const [token, ca] = await Promise.all([
        readFile(resolve(folder, 'token'), 'utf8'),
        readFile(resolve(folder, 'ca.crt'), 'utf8'),
      ]);
      return { token: token.trim(), ca };
    },
  };
}

const text = z.string().min(1).optional();
const kubeconfig = z.object({
  'current-context': z.string(),
  contexts: z.array(
    z.object({
      name: z.string(),
      context: z.object({ cluster: z.string(), user: z.string(), namespace: text }),
    }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.url({ protocol: /^https$/ }),
        'certificate-authority': text,
        'certificate-authority-data': text,
        'insecure-skip-tls-verify': z.boolean().optional(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: text,
        tokenFile: text,
        'client-certificate': text,
        'client-certificate-data': text,
        'client-key': text,
        'client-key-data': text,
        exec: z.unknown().optional(),
        'auth-provider': z.unknown().optional(),
      }),
    }),
  ),
});

/**
 * The way that a kubeconfig describes, with a token or a certificate; the agent starts no program for a token.
 * Throws `configuration/invalid` for one that cannot be used, or whose cluster is not to be verified.
 */
export async function kubeconfigEntrance(path: string): Promise<AgentEntrance> {
  const { cluster, namespace, user } = chosen(await read(path), path);
  if (cluster['insecure-skip-tls-verify']) {
    const problem = 'it switches off certificate verification (insecure-skip-tls-verify)';
    throw invalid(`The kubeconfig ${path} cannot be used: ${problem}`);
  }
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw invalid(`The kubeconfig ${path} cannot be used: the agent starts no program for a token`);
  const part = async (data: string | undefined, file: string | undefined): Promise<string | undefined> => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return file === undefined ? undefined : readFile(resolve(dirname(path), file), 'utf8');
  };
  return {
    namespace,
    url: cluster.server.replace(/\/$/, ''),
    async credentials() {
      const [ca, cert, key, token] = await Promise.all([
        part(cluster['certificate-authority-data'], cluster['certificate-authority']),
        part(user['client-certificate-data'], user['client-certificate']),
        part(user['client-key-data'], user['client-key']),
        user.token ?? part(undefined, user.tokenFile),
      ]);
      return { ca, cert, key, token: token?.trim() };
    },
  };
}

async function read(path: string): Promise<z.infer<typeof kubeconfig>> {
  const { parse } = await import('yaml');
  try {
    return kubeconfig.parse(parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw invalid(`The kubeconfig ${path} cannot be read: ${problem.slice(0, 500)}`, cause);
  }
}

function chosen(config: z.infer<typeof kubeconfig>, path: string) {
  const name = config['current-context'];
  const context = config.contexts.find((one) => one.name === name)?.context;
  const cluster = config.clusters.find((one) => one.name === context?.cluster)?.cluster;
  const user = config.users.find((one) => one.name === context?.user)?.user;
  if (!cluster || !user)
    throw invalid(`The kubeconfig ${path} has no complete context ${JSON.stringify(name)}`);
  return { cluster, user, namespace: context?.namespace ?? 'default' };
}

function invalid(message: string, cause?: unknown): ZonebridgeError {
  return new ZonebridgeError('configuration/invalid', message, cause === undefined ? {} : { cause });
}
