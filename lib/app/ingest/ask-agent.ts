import { type HubMessage, schemaVersion } from '../../core/model/messages.ts';
import { names } from '../names.ts';
import type { IngestContext } from './apply-change.ts';

/** More ids than these would not fit into a message (256 KB, ids of up to 160 characters): then whole shards are asked for. */
const idsMost = 1_000;

/** What a comparison wants to know better. */
export interface Wanted {
  epoch: number;
  shards: readonly number[];
}

/** Asks for the manifests of shards. */
export async function askManifests(context: IngestContext, { epoch, shards }: Wanted): Promise<void> {
  if (shards.length === 0) return;
  await say(context, { type: 'manifests', schema: schemaVersion, epoch, shards: [...shards] });
}

/** Asks for endpoints again: for those named, or for all of the shards. Their manifests follow. */
export async function askResend(
  context: IngestContext,
  { epoch, shards, endpoints }: Wanted & { endpoints?: readonly string[] },
): Promise<void> {
  if (shards.length === 0) return;
  const named = endpoints !== undefined && endpoints.length <= idsMost ? { endpoints: [...endpoints] } : {};
  await say(context, { type: 'resend', schema: schemaVersion, epoch, shards: [...shards], ...named });
}

async function say({ ports, cluster }: IngestContext, message: HubMessage): Promise<void> {
  await ports.queues.send({
    queue: names.agentQueue(ports.hub, cluster.key),
    body: JSON.stringify(message),
  });
}
