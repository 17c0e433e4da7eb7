import { clusterId } from '../model/messages.ts';
import type { EksCluster } from './ports.ts';

/** Tag of a cluster that asks for the agent, with the value `true`. */
export const onboardTag = 'zonebridge.dev/onboard';

/** The parts of the configuration that decide. */
interface Admission {
  hub: { onboarding?: { image?: string | undefined; admit?: readonly string[] | undefined } | undefined };
  clusters: Readonly<Record<string, { account: string; region: string; name: string }>>;
}

export type Answer =
  /** It may have the agent without a person. */
  | { key: string; id: string; admitted: true }
  /** A person has to do what `reason` says. */
  | { key: string | undefined; id: string | undefined; admitted: false; reason: string };

/** Whether a cluster that asks for the agent gets it. Its tag alone never is enough: the list of the configuration decides. */
export function answerTo({ name, arn }: EksCluster, { hub, clusters }: Admission): Answer {
  const [, , , region = '', account = ''] = arn.split(':');
  const id = clusterId({ account, region, name });
  const [key] = Object.entries(clusters).find(([, cluster]) => clusterId(cluster) === id) ?? [];
  if (key === undefined) {
    const reason = 'add it to `clusters` of the configuration, deploy, then run `zonebridge onboard`';
    return { key, id: undefined, admitted: false, reason };
  }
  if (hub.onboarding?.admit?.includes(key)) return { key, id, admitted: true };
  return { key, id, admitted: false, reason: `run \`zonebridge onboard ${key}\`` };
}
