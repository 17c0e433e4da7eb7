import { hostname } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { isZonebridgeError } from '../lib/core/errors.ts';
import type { Entrance } from '../lib/kubernetes/administration/cluster-api.ts';
import { clusterId, parseClusterSource } from '../lib/core/model/messages.ts';
import { eventBridgeBus, sqsInbox } from './aws.ts';
import { type AgentEnvironment, readEnvironment } from './environment.ts';
import { kubeconfigEntrance, podEntrance } from './entrance.ts';
import { serveHealth } from './health.ts';
import { kubernetesDocuments, kubernetesObjects, kubernetesSource } from './kubernetes-api.ts';
import { kubernetesGates } from './kubernetes-gates.ts';
import { kubernetesLease } from './kubernetes-lease.ts';
import { Agent } from './lib/agent.ts';
import { Election } from './lib/election.ts';
import { runReplica } from './lib/replica.ts';
import type { FollowOptions } from './lib/way-back/follow.ts';
import { signatureCheck } from './signature.ts';
import { elapsed, jsonLines, systemClock, systemRandom } from './system.ts';

const telemetry = jsonLines(console.log);

async function main(): Promise<number> {
  const environment = readEnvironment(process.env);
  const { context, kubeconfig } = environment;
  const entrance =
    kubeconfig === undefined ? await podEntrance(process.env) : await kubeconfigEntrance(kubeconfig, context);
  const agent = new Agent({
    objects: kubernetesSource(entrance, systemRandom),
    documents: environment.tellNetwork ? kubernetesDocuments(entrance) : undefined,
    services: environment.services,
    groups: environment.wayBack?.enabled.includes('address-groups')
      ? kubernetesDocuments(entrance)
      : undefined,
    wayBack: await wayBackOf(environment, entrance),
    gates: environment.gates && { rules: environment.gates, gates: kubernetesGates(entrance) },
    bus: eventBridgeBus(environment),
    inbox: sqsInbox(environment),
    clock: systemClock,
    random: systemRandom,
    telemetry,
    source: environment.source,
    agentVersion: packageJson.version,
    mayGreet: () => election?.current ?? true,
  });
  const election =
    environment.lease === undefined
      ? undefined
      : new Election({
          lease: kubernetesLease(entrance, environment.lease),
          identity: `${hostname()}_${agent.process}`,
          clock: systemClock,
          elapsed,
          random: systemRandom,
          status: agent.status,
          telemetry,
        });
  if (election) agent.status.standing = () => election;
  const { port } = await serveHealth(agent.status, environment);
  telemetry.info('agent starts', { process: agent.process, source: environment.source, port });
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      telemetry.info('agent stops', { signal });
      stop.abort();
    });
  }
  const end = await runReplica(agent, election, stop.signal);
  // Kubernetes starts it again, as a follower and with the memory of one.
  return end === 'stopped' ? 0 : 3;
}

/** The client of the store is loaded only where something is written: it would cost every agent memory. */
async function wayBackOf(
  { wayBack, source }: AgentEnvironment,
  entrance: Entrance,
): Promise<FollowOptions | undefined> {
  const cluster = parseClusterSource(source);
  if (wayBack === undefined || cluster === undefined) return undefined;
  const { s3Source } = await import('./aws-desired.ts');
  return {
    source: s3Source(wayBack),
    objects: kubernetesObjects(entrance),
    verify: signatureCheck(wayBack.publicKeys),
    cluster: clusterId(cluster),
    now: () => systemClock.now(),
    namespace: wayBack.namespace,
    enabled: wayBack.enabled,
  };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const remedy = isZonebridgeError(error) ? `${error.code}. ${error.remedy}` : undefined;
    telemetry.warn(error instanceof Error ? error.message : String(error), { remedy });
    process.exit(1);
  },
);
