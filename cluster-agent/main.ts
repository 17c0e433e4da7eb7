import { KubeConfig } from '@kubernetes/client-node';
import packageJson from '../package.json' with { type: 'json' };
import { isZonebridgeError } from '../lib/core/errors.ts';
import { clusterId, parseClusterSource } from '../lib/core/model/messages.ts';
import { eventBridgeBus, sqsInbox } from './aws.ts';
import { type AgentEnvironment, readEnvironment } from './environment.ts';
import { serveHealth } from './health.ts';
import { kubernetesDocuments, kubernetesObjects, kubernetesSource } from './kubernetes-api.ts';
import { Agent } from './lib/agent.ts';
import type { FollowOptions } from './lib/way-back/follow.ts';
import { signatureCheck } from './signature.ts';
import { jsonLines, systemClock, systemRandom } from './system.ts';

const telemetry = jsonLines(console.log);

async function main(): Promise<number> {
  const environment = readEnvironment(process.env);
  const config = new KubeConfig();
  if (environment.kubeconfig === undefined) config.loadFromCluster();
  else config.loadFromFile(environment.kubeconfig);
  const agent = new Agent({
    objects: kubernetesSource(config, systemRandom),
    documents: environment.tellNetwork ? kubernetesDocuments(config) : undefined,
    services: environment.services,
    wayBack: await wayBackOf(environment, config),
    bus: eventBridgeBus(environment),
    inbox: sqsInbox(environment),
    clock: systemClock,
    random: systemRandom,
    telemetry,
    source: environment.source,
    agentVersion: packageJson.version,
  });
  const { port } = await serveHealth(agent.status, environment);
  telemetry.info('agent starts', { process: agent.process, source: environment.source, port });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      telemetry.info('agent stops', { signal });
      agent.stop();
    });
  }
  const result = await agent.run();
  // Its own exit code, because two agents of one cluster take the epoch from each other until one is removed.
  return result === 'superseded' ? 3 : 0;
}

/** The client of the store is loaded only where something is written: it would cost every agent memory. */
async function wayBackOf(
  { wayBack, source }: AgentEnvironment,
  config: KubeConfig,
): Promise<FollowOptions | undefined> {
  const cluster = parseClusterSource(source);
  if (wayBack === undefined || cluster === undefined) return undefined;
  const { s3Source } = await import('./aws-desired.ts');
  return {
    source: s3Source(wayBack),
    objects: kubernetesObjects(config),
    verify: signatureCheck(wayBack.publicKeys),
    cluster: clusterId(cluster),
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
