import { z } from 'zod';
import { type GateRules, gateRules } from '../lib/core/gates/gate.ts';
import { ZonebridgeError } from '../lib/core/errors.ts';
import { parseClusterSource } from '../lib/core/model/messages.ts';
import type { ServicesTold } from './lib/ports.ts';
import { isProducer, type Producer } from '../lib/core/way-back/producers.ts';

export interface AgentEnvironment {
  /** Name or ARN of the hub's bus. */
  bus: string;
  /** Name of this cluster's queue. */
  queue: string;
  /** Event source of this cluster. */
  source: string;
  /** Path of a kubeconfig; without it the service account of the pod is used. */
  kubeconfig: string | undefined;
  /** Context of the kubeconfig; its current one unless given. */
  context: string | undefined;
  /** Where /healthz, /readyz and /metrics listen; without a host on all interfaces. */
  host: string | undefined;
  port: number;
  /** Whether the network of the cluster is read and told. */
  tellNetwork: boolean;
  /** Which services and ingresses are told. */
  services: ServicesTold;
  /** What the hub may write in the cluster, and from where it comes; undefined: nothing. */
  wayBack: WayBackEnvironment | undefined;
  /** How readiness gates are kept, by namespace; undefined: none is. */
  gates: GateRules | undefined;
  /** Name of the Lease by which replicas choose a leader; undefined: this is the only replica. */
  lease: string | undefined;
}

export interface WayBackEnvironment {
  /** Bucket of the hub's desired state. */
  bucket: string;
  /** Key of the cluster in the configuration: the beginning of its keys in the bucket. */
  cluster: string;
  /** Base64 of the hub's public keys (SubjectPublicKeyInfo): more than one while the key is replaced. */
  publicKeys: readonly string[];
  enabled: readonly Producer[];
  /** Namespace of the agent. */
  namespace: string;
}

/** As Kubernetes takes names of objects (RFC 1123 subdomain). */
const leaseName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

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
  const wayBack = readWayBack(environment, problems);
  const gates = readGates(environment['ZONEBRIDGE_GATES'], problems);
  const lease = readLease(environment['ZONEBRIDGE_LEASE'], problems);
  if (problems.length > 0) throw new ZonebridgeError('configuration/invalid', problems.join('; '));
  const host = environment['ZONEBRIDGE_HOST'] ?? '127.0.0.1';
  const kubeconfig = environment['KUBECONFIG'] || undefined;
  return {
    bus,
    queue,
    source,
    kubeconfig,
    context: environment['ZONEBRIDGE_CONTEXT'] || undefined,
    host: host === '*' ? undefined : host,
    port,
    tellNetwork: network === 'on',
    services,
    wayBack,
    gates,
    lease,
  };
}

function readServices(text: string | undefined, problems: string[]): ServicesTold {
  if (text === undefined || text === 'off' || text === 'on' || text === 'all') return text ?? 'off';
  problems.push('ZONEBRIDGE_SERVICES is none of off, on and all');
  return 'off';
}

/** All or none of the variables. */
function readWayBack(
  environment: Record<string, string | undefined>,
  problems: string[],
): WayBackEnvironment | undefined {
  const named = words(environment['ZONEBRIDGE_WRITES']);
  if (named.length === 0) return undefined;
  const enabled = named.filter(isProducer);
  for (const name of named)
    if (!isProducer(name)) problems.push(`ZONEBRIDGE_WRITES names ${name}, which this agent does not know`);
  const bucket = environment['ZONEBRIDGE_DESIRED_BUCKET'] ?? '';
  const cluster = environment['ZONEBRIDGE_DESIRED_PREFIX'] ?? '';
  const publicKeys = words(environment['ZONEBRIDGE_DESIRED_KEYS']);
  if (bucket === '') problems.push('ZONEBRIDGE_DESIRED_BUCKET is not set, and ZONEBRIDGE_WRITES is');
  if (cluster === '') problems.push('ZONEBRIDGE_DESIRED_PREFIX is not set, and ZONEBRIDGE_WRITES is');
  if (publicKeys.length === 0) problems.push('ZONEBRIDGE_DESIRED_KEYS is not set, and ZONEBRIDGE_WRITES is');
  return {
    bucket,
    cluster,
    publicKeys,
    enabled,
    namespace: environment['ZONEBRIDGE_NAMESPACE'] ?? 'zonebridge',
  };
}

/** JSON text: rules by namespace. */
function readGates(text: string | undefined, problems: string[]): GateRules | undefined {
  if (!text) return undefined;
  try {
    const rules = gateRules.safeParse(JSON.parse(text));
    if (rules.success) return rules.data;
    problems.push(`ZONEBRIDGE_GATES: ${z.prettifyError(rules.error)}`);
  } catch {
    problems.push('ZONEBRIDGE_GATES is no JSON text');
  }
  return undefined;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((word) => word.trim() || []);
}

function readLease(value: string | undefined, problems: string[]): string | undefined {
  const name = value || 'zonebridge-agent';
  if (!leaseName.test(name)) problems.push('ZONEBRIDGE_LEASE is neither a name of an object nor off');
  return name === 'off' ? undefined : name;
}
