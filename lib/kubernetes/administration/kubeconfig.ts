import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ZonebridgeError } from '../../core/errors.ts';
import type { Credentials, Entrance } from './cluster-api.ts';

/**
 * The way in that a kubeconfig describes, also through the programs that it names for fresh tokens.
 * Throws `command/usage` for one that cannot be read, names no cluster, or switches verification off.
 */
export function kubeconfigEntrance(path: string, context?: string): Entrance {
  const config = load(path, context);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw invalid(path, 'it names no cluster');
  if (cluster.skipTLSVerify) throw invalid(path, 'it switches off certificate verification');
  return configEntrance(config, cluster.server);
}

/** The way into a cluster by a configuration that was read already, such as that of a pod's service account, whose token is read anew as it rotates. */
export function configEntrance(config: KubeConfig, url: string): Entrance {
  return {
    url,
    async credentials() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return credentialsFrom(options);
    },
  };
}

function load(path: string, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    // Read here first: the library takes a missing file for an empty one.
    readFileSync(path);
    config.loadFromFile(path);
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : 'it cannot be read');
  }
  if (context === undefined) return config;
  if (!config.getContexts().some(({ name }) => name === context))
    throw invalid(path, `it has no context ${context}`);
  config.setCurrentContext(context);
  return config;
}

function credentialsFrom({ ca, cert, key, headers }: RequestOptions): Credentials {
  const authorization = Object.entries(headers ?? {}).find(
    ([name]) => name.toLowerCase() === 'authorization',
  )?.[1];
  const token = typeof authorization === 'string' ? /^Bearer (.*)$/.exec(authorization)?.[1] : undefined;
  return { ca: text(ca), cert: text(cert), key: text(key), token };
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : undefined;
}

function invalid(path: string, why: string): ZonebridgeError {
  return new ZonebridgeError('command/usage', `the kubeconfig ${path} cannot be used: ${why}`);
}
