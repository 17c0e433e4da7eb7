import { ZonebridgeError } from '../lib/core/errors.ts';
import { parseClusterSource } from '../lib/core/model/messages.ts';
import type { ServicesTold } from './lib/ports.ts';

export interface AgentEnvironment {
  /** Name or ARN of the hub's bus. */
  bus: string;
  /** Name of this cluster's queue. */
  queue: string;
  /** Event source of this cluster. */
  source: string;
  /** Path of a kubeconfig; without it the service account of the pod is used. */
  kubeconfig: string | undefined;
  /** Where /healthz, /readyz and /metrics listen; without a host on all interfaces. */
  host: string | undefined;
  port: number;
  /** Whether the network of the cluster is read and told. */
  tellNetwork: boolean;
  /** Which services and ingresses are told. */
  services: ServicesTold;
}

/** Reads the environment; throws `configuration/invalid` with everything that is wrong at once. */
export function readEnvironment(environment: Record<string, string | undefined>): AgentEnvironment {
  const problems: string[] = [];
  const required = (name: string): string => {
    const value = environment[name];
    if (!value) problems.push(`${name} is not set`);
    return value ?? '';
  };
  const bus = required('ZONEBRIDGE_BUS');
  const queue = required('ZONEBRIDGE_QUEUE');
  const source = required('ZONEBRIDGE_SOURCE');
  required('AWS_REGION');
  if (source && !parseClusterSource(source)) {
    problems.push('ZONEBRIDGE_SOURCE is not of the form zonebridge.cluster.<account>.<region>.<name>');
  }
  const port = Number(environment['ZONEBRIDGE_PORT'] ?? '8080');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) problems.push('ZONEBRIDGE_PORT is not a port');
  const network = environment['ZONEBRIDGE_NETWORK_REPORT'] ?? 'on';
  if (network !== 'on' && network !== 'off') problems.push('ZONEBRIDGE_NETWORK_REPORT is neither on nor off');
  const services = readServices(environment['ZONEBRIDGE_SERVICES'], problems);
  if (problems.length > 0) throw new ZonebridgeError('configuration/invalid', problems.join('; '));
  const host = environment['ZONEBRIDGE_HOST'] ?? '127.0.0.1';
  const kubeconfig = environment['KUBECONFIG'] || undefined;
  return {
    bus,
    queue,
    source,
    kubeconfig,
    host: host === '*' ? undefined : host,
    port,
    tellNetwork: network === 'on',
    services,
  };
}

function readServices(text: string | undefined, problems: string[]): ServicesTold {
  if (text === undefined || text === 'off' || text === 'on' || text === 'all') return text ?? 'off';
  problems.push('ZONEBRIDGE_SERVICES is none of off, on and all');
  return 'off';
}
