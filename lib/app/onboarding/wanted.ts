import { ZonebridgeError } from '../../core/errors.ts';
import { serviceAddressKinds } from '../../core/model/group-selection.ts';
import { clusterId, clusterSource } from '../../core/model/messages.ts';
import type { AgentSettings } from '../../core/onboarding/agent-settings.ts';
import type { PodIdentity } from '../../core/onboarding/ports.ts';
import type { ClusterConfiguration, Configuration } from '../configuration/model.ts';
import { suggest } from '../configuration/suggest.ts';
import { names } from '../names.ts';
import { partitionOf, roleArn } from '../configuration/role-arns.ts';

/** What one cluster gets, as the configuration wants it. */
export interface Wanted {
  key: string;
  cluster: ClusterConfiguration;
  /** Id of the cluster in the state of the hub. */
  id: string;
  settings: AgentSettings;
  identity: PodIdentity;
  irsa: boolean;
}

/** The cluster of a key, or of the EKS name. Throws `cluster/not-configured`. */
export function clusterOf(
  configuration: Configuration,
  given: string,
): { key: string; cluster: ClusterConfiguration } {
  const { clusters } = configuration;
  const found =
    Object.entries(clusters).find(([key]) => key === given) ??
    Object.entries(clusters).find(([, { name }]) => name === given);
  if (found) return { key: found[0], cluster: found[1] };
  const near = suggest(given, Object.keys(clusters));
  const known = Object.keys(clusters).join(', ') || 'none';
  throw new ZonebridgeError(
    'cluster/not-configured',
    `${given} is no cluster of the configuration${near === undefined ? '' : `; did you mean ${near}?`} (it has: ${known})`,
  );
}

/** Everything that follows from the configuration. */
export function wantedFor(
  configuration: Configuration,
  given: string,
  more: {
    image: string;
    metrics?: boolean | undefined;
    /** Base64 of the hub's keys for desired state; needed where the cluster has `writes`. */
    publicKeys?: readonly string[] | undefined;
  },
): Wanted {
  const { hub } = configuration;
  const { key, cluster } = clusterOf(configuration, given);
  const { namespace, serviceAccount } = cluster;
  const partition = partitionOf(cluster.region);
  const role = (account: string): string =>
    roleArn(hub, { account, region: cluster.region }, names.agentRole(hub.name, key));
  // Across accounts EKS takes a role of the same name there first, and with it ours.
  const foreign = cluster.account !== hub.account;
  const irsa = cluster.oidcProvider !== undefined;
  return {
    key,
    cluster,
    id: clusterId(cluster),
    irsa,
    identity: {
      namespace,
      serviceAccount,
      roleArn: role(cluster.account),
      targetRoleArn: foreign ? role(hub.account) : undefined,
    },
    settings: {
      namespace,
      serviceAccount,
      image: more.image,
      environment: {
        AWS_REGION: hub.region,
        ZONEBRIDGE_BUS: `arn:${partition}:events:${hub.region}:${hub.account}:event-bus/${names.bus(hub.name)}`,
        ZONEBRIDGE_QUEUE: names.agentQueue(hub.name, key),
        ZONEBRIDGE_SOURCE: clusterSource(cluster),
      },
      ...(irsa ? { irsaRole: role(hub.account) } : {}),
      networkReport: cluster.networkReport !== false,
      services: servicesFor(configuration, key),
      ...(cluster.gates === undefined ? {} : { gates: cluster.gates }),
      ...(more.metrics ? { metrics: true } : {}),
      ...(cluster.writes === undefined || more.publicKeys === undefined
        ? {}
        : {
            wayBack: {
              writes: cluster.writes,
              bucket: names.desiredBucket(hub),
              prefix: key,
              publicKeys: more.publicKeys,
            },
          }),
    },
  };
}

/** What the groups of the configuration need of the services of a cluster; the agent gets the right to read them only then. */
function servicesFor({ groups }: Pick<Configuration, 'groups'>, key: string): 'on' | 'all' | undefined {
  const wanted = Object.values(groups).filter(
    ({ addresses, clusters }) => addresses === 'service' && clusters?.includes(key) !== false,
  );
  if (wanted.length === 0) return undefined;
  return wanted.some((group) => serviceAddressKinds(group).includes('cluster')) ? 'all' : 'on';
}
