import { KubeConfig } from '@kubernetes/client-node';
import packageJson from '../package.json' with { type: 'json' };
import { isZonebridgeError } from '../lib/core/errors.ts';
import { eventBridgeBus, sqsInbox } from './aws.ts';
import { readEnvironment } from './environment.ts';
import { serveHealth } from './health.ts';
import { kubernetesDocuments, kubernetesSource } from './kubernetes-api.ts';
import { Agent } from './lib/agent.ts';
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

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const remedy = isZonebridgeError(error) ? `${error.code}. ${error.remedy}` : undefined;
    telemetry.warn(error instanceof Error ? error.message : String(error), { remedy });
    process.exit(1);
  },
);
