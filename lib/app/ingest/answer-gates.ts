import { endpointId } from '../../core/model/endpoint.ts';
import type { GatesDetail } from '../../core/model/messages.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { dirtyKey } from '../state/dirty.ts';
import { endpointKey, readEndpoint, type StoredEndpoint } from '../state/endpoints.ts';
import { ledgerKey, readLedger } from '../state/ledger.ts';
import { firewallsWritten } from '../targets.ts';
import type { IngestContext } from './apply-change.ts';
import { tellPublished } from './ask-agent.ts';

/**
 * Answers which of some pods are on every firewall of their groups, in exactly the state that the agent tells by its content hash. Of the others
 * nothing is said: the agent asks again.
 */
export async function answerGates(
  context: Pick<IngestContext, 'ports' | 'cluster' | 'active'>,
  { epoch, pods }: Pick<GatesDetail, 'epoch' | 'pods'>,
): Promise<void> {
  const { ports, cluster, active } = context;
  const ids = pods.map(([uid]) => endpointId({ kind: 'pod', uid }));
  const items = await ports.tables.read(ids.map((id) => endpointKey(cluster.id, id)));
  const settled = pods.flatMap(([uid, hash], index) => {
    const row = readEndpoint(ids[index] ?? '', items[index]);
    return row && isSettled(row, { hash, active }) ? [{ pod: [uid, hash] as [string, string], row }] : [];
  });
  const places = settled.flatMap(({ row }) => placesOf(row, active));
  // Dirty first: the run that cleared a row wrote the ledger before.
  const dirty = await ports.tables.read(places.map(({ firewall, key }) => dirtyKey(firewall, key)));
  const ledger = await ports.tables.read(places.map(({ firewall, key }) => ledgerKey(firewall, key)));
  const missing = new Set(
    places.flatMap(({ id }, index) =>
      dirty[index] === undefined && readLedger(ledger[index]).state === 'present' ? [] : [id],
    ),
  );
  const told = settled.filter(({ row }) => !missing.has(row.id)).map(({ pod }) => pod);
  await tellPublished(context, { epoch, pods: told });
}

/** It is what the agent means, evaluated under the active configuration, and nothing of it is still to be written or was refused. */
function isSettled(
  row: StoredEndpoint,
  { hash, active }: { hash: string; active: ActiveConfiguration },
): boolean {
  const { contentHash, deletedAt, expired, generation, refused, todo } = row;
  if (contentHash !== hash || deletedAt !== undefined || generation < active.generation) return false;
  return [todo, refused, expired].every((list) => list.length === 0);
}

/** Where it has to be; firewalls that a group only observes get nothing. */
function placesOf(
  row: StoredEndpoint,
  { configuration }: ActiveConfiguration,
): { id: string; firewall: string; key: string }[] {
  return row.memberships.flatMap((key) =>
    firewallsWritten(configuration, key).map((firewall) => ({ id: row.id, firewall, key })),
  );
}
