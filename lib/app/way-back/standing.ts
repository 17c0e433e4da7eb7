import { isIll } from '../../core/model/trouble.ts';
import { isAllWalked } from '../ingest/walk.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { dirtyBuckets, readDirty } from '../state/dirty.ts';
import { recordOf } from '../state/firewall-records.ts';
import { inParallel } from '../state/items.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';

/** Why the record of a group on a firewall may not be what is wanted there now; undefined: it is. */
export type Standing = (group: string) => string | undefined;

/** Of each bucket: more waits for a firewall only while it is behind as a whole. */
const dirtySample = 250;

/** How firewalls stand, by their ids; each is looked at once, whoever asks and however many groups it has. */
export function standings(
  ports: Ports,
  active: ActiveConfiguration,
): (firewall: string) => Promise<Standing> {
  const known = new Map<string, Promise<Standing>>();
  let walked: Promise<boolean> | undefined;
  const look = async (firewall: string): Promise<Standing> => {
    // Asked before anything else: what a walk changes is marked when it has ended.
    walked ??= isAllWalked(ports, active);
    return (await walked)
      ? standingOf(ports, active, firewall)
      : () => 'a new configuration is being carried out';
  };
  return async (firewall) => {
    const found = known.get(firewall) ?? look(firewall);
    known.set(firewall, found);
    return found;
  };
}

async function standingOf(ports: Ports, active: ActiveConfiguration, firewall: string): Promise<Standing> {
  const settings = active.configuration.firewalls[firewall];
  if (settings === undefined) return () => 'the firewall is not in the configuration any more';
  const [item] = await ports.tables.read([writerRow(writerKeyOf(ports.firewalls, settings))]);
  const { firewalls, pauses } = readWriter(item);
  const { trouble } = recordOf(firewalls, firewall);
  const paused = active.paused ?? pauses.get(firewall);
  if (paused) return () => `writes are paused since ${moment(paused.since)}`;
  // The time that does not change: a status that changes each minute would be signed and applied each minute.
  const since = trouble.behindSince ?? trouble.budgetSince;
  if (isIll(trouble)) return () => `the firewall does not take changes since ${moment(since)}`;
  const buckets = Array.from({ length: dirtyBuckets }, (_, bucket) => bucket);
  const pages = await inParallel(buckets, dirtyBuckets, (bucket) =>
    readDirty(ports.tables, firewall, bucket, dirtySample),
  );
  const dirty = new Set(pages.flatMap(({ rows }) => rows.map(({ group }) => group)));
  const more = pages.some((page) => page.more);
  return (group) => (dirty.has(group) || more ? 'changes are on their way' : undefined);
}

function moment(time: number | undefined): string {
  return time === undefined ? 'a moment' : new Date(time).toISOString();
}
