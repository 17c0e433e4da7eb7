import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../lib/core/errors.ts';
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
/** What the chosen context does not name is read no further: it may be of a form that we could not use. */
const named = z.array(z.looseObject({ name: z.string() }));
const kubeconfig = z.object({
  'current-context': z.string().optional(),
  contexts: named,
  clusters: named,
  users: named,
});
const contextEntry = z.object({
  context: z.object({ cluster: z.string(), user: z.string(), namespace: text }),
});
const clusterEntry = z.object({
  cluster: z.object({
    server: z.url({ protocol: /^https$/ }),
    'certificate-authority': text,
    'certificate-authority-data': text,
    'insecure-skip-tls-verify': z.boolean().optional(),
  }),
});
const userEntry = z.object({
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
});

/**
 * The way that a context of a kubeconfig describes, its current one unless named, with a token or a certificate; the agent starts no program
 * for a token. Throws `configuration/invalid` for one that cannot be used, or whose cluster is not to be verified.
 */
export async function kubeconfigEntrance(path: string, context?: string): Promise<AgentEntrance> {
  const { cluster, namespace, user } = await choose(path, context);
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

async function choose(path: string, wanted: string | undefined) {
  const { parse } = await import('yaml');
  try {
    const config = kubeconfig.parse(parse(await readFile(path, 'utf8')));
    const name = wanted ?? config['current-context'] ?? '';
    const context = contextEntry.safeParse(called(config.contexts, name)).data?.context;
    const cluster = called(config.clusters, context?.cluster);
    const user = called(config.users, context?.user);
    if (!context || !cluster || !user) throw incomplete(path, name, config.contexts);
    return {
      ...clusterEntry.parse(cluster),
      ...userEntry.parse(user),
      namespace: context.namespace ?? 'default',
    };
  } catch (cause) {
    if (isZonebridgeError(cause)) throw cause;
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw invalid(`The kubeconfig ${path} cannot be read: ${problem.slice(0, 500)}`, cause);
  }
}

function incomplete(path: string, name: string, contexts: readonly { name: string }[]): ZonebridgeError {
  const known = contexts.slice(0, 20).map((one) => one.name);
  const there = known.length === 0 ? 'there is none' : `there are ${known.join(', ')}`;
  return invalid(`The kubeconfig ${path} has no complete context ${JSON.stringify(name)}; ${there}`);
}

function called<T extends { name: string }>(list: readonly T[], name: string | undefined): T | undefined {
  return list.find((one) => one.name === name);
}

function invalid(message: string, cause?: unknown): ZonebridgeError {
  return new ZonebridgeError('configuration/invalid', message, cause === undefined ? {} : { cause });
}
