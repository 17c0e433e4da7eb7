import { featureVersions } from '../../core/model/agent-features.ts';
import { type HubMessage, schemaVersion } from '../../core/model/messages.ts';
import { names } from '../names.ts';
import type { IngestContext } from './apply-change.ts';

/** More ids than these would not fit into a message (256 KB, ids of up to 160 characters): then whole shards are asked for. */
const idsMost = 1_000;

/** Whom to ask, and through what. */
type Asking = Pick<IngestContext, 'ports' | 'cluster'>;

/** What a comparison wants to know better. */
export interface Wanted {
  epoch: number;
  shards: readonly number[];
}

/** Tells whose epoch it is: its owner, who takes it, and others, who learn that they are superseded and end. */
export async function tellEpoch(
  context: Asking,
  { process, epoch }: { process: string; epoch: number },
): Promise<void> {
  await say(context, { type: 'epoch', schema: schemaVersion, process, epoch, ...featureVersions });
}

/** Asks for the manifests of shards. */
export async function askManifests(context: Asking, { epoch, shards }: Wanted): Promise<void> {
  if (shards.length === 0) return;
  await say(context, { type: 'manifests', schema: schemaVersion, epoch, shards: [...shards] });
}

/** Asks for endpoints again: for those named, or for all of the shards. Their manifests follow. */
export async function askResend(
  context: Asking,
  { epoch, shards, endpoints }: Wanted & { endpoints?: readonly string[] },
): Promise<void> {
  if (shards.length === 0) return;
  const named = endpoints !== undefined && endpoints.length <= idsMost ? { endpoints: [...endpoints] } : {};
  await say(context, { type: 'resend', schema: schemaVersion, epoch, shards: [...shards], ...named });
}

/** Says which pods are on their firewalls; nothing when none is. */
export async function tellPublished(
  context: Asking,
  { epoch, pods }: { epoch: number; pods: [string, string][] },
): Promise<void> {
  if (pods.length > 0) await say(context, { type: 'published', schema: schemaVersion, epoch, pods });
}

async function say({ ports, cluster }: Asking, message: HubMessage): Promise<void> {
  await ports.queues.send({
    queue: names.agentQueue(ports.hub, cluster.key),
    body: JSON.stringify(message),
  });
}
