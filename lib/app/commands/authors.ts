import type { Tables } from '../../core/ports.ts';
import { isAllWalked } from '../ingest/walk.ts';
import type { Ports } from '../ports.ts';
import { type ActiveConfiguration, type Applied, readApplied } from '../state/configurations.ts';
import { dirtyBuckets, readDirty } from '../state/dirty.ts';
import { inParallel } from '../state/items.ts';

/** Who applied a generation; undefined when AWS did not say. */
export interface Author {
  generation: number;
  principal: string | undefined;
}

/**
 * Persons who applied generations that may have caused changes: the active one, those under which they were asked for, and those before them that
 * were not carried out when the next one came. Generations that came of resources have no person: the last one before stands for them. One
 * that an earlier version stored tells nothing.
 */
export async function authorsOf(
  tables: Tables,
  active: ActiveConfiguration,
  asked: readonly number[],
): Promise<Author[]> {
  const read = readerOf(tables, active);
  // Where nothing is known of the active one, nobody can be shown to be somebody else.
  const now = (await read(active.generation)) ?? { generation: active.generation, principal: undefined };
  const found: (Author | undefined)[] = [now];
  for (const first of new Set(asked)) {
    let applied = await read(first);
    found.push(applied);
    for (let generation = first - 1; applied?.overUnfinished && generation > 0; generation--) {
      applied = await read(generation);
      found.push(applied);
    }
  }
  const authors = found.filter((applied) => applied !== undefined);
  return [
    ...new Map(authors.map(({ generation, principal }) => [generation, { generation, principal }])).values(),
  ];
}

/** The generation that took something away at a moment: the first that became active since. */
export async function generationSince(
  tables: Tables,
  active: ActiveConfiguration,
  since: number,
): Promise<number> {
  const read = readerOf(tables, active);
  let generation = active.generation;
  while (generation > 1) {
    const before = await read(generation - 1);
    if (!before || before.at < since) break;
    generation--;
  }
  return generation;
}

/** Whether changes that a generation asked for are still on their way: endpoints that were not walked, or addresses that no run has looked at. */
export async function isUnfinished(
  ports: Pick<Ports, 'tables'>,
  active: ActiveConfiguration,
): Promise<boolean> {
  if (!(await isAllWalked(ports, active))) return true;
  const buckets = Object.keys(active.configuration.firewalls).flatMap((firewall) =>
    Array.from({ length: dirtyBuckets }, (_, bucket) => ({ firewall, bucket })),
  );
  const asking = await inParallel(buckets, 8, async ({ firewall, bucket }) => {
    const { rows } = await readDirty(ports.tables, firewall, bucket, dirtySample);
    return rows.some(({ cause }) => cause === 'configuration');
  });
  return asking.includes(true);
}

const dirtySample = 1_000;

type Known = (Applied & { generation: number }) | undefined;

/** Reads each generation once; undefined for one of which nothing is known. */
function readerOf(tables: Tables, active: ActiveConfiguration): (generation: number) => Promise<Known> {
  const known = new Map<number, Promise<Known>>();
  const read = async (generation: number): Promise<Known> => {
    const applied = await readApplied(tables, generation);
    if (generation === active.generation && generation === active.releasedSince)
      return { ...(applied ?? unknown), principal: active.principal, generation };
    const person = applied?.releasedSince ?? generation;
    if (person === generation) return applied && { ...applied, generation };
    const before = await readApplied(tables, person);
    return applied && before && { ...applied, principal: before.principal, generation: person };
  };
  return (generation) => {
    const reading = known.get(generation) ?? read(generation);
    known.set(generation, reading);
    return reading;
  };
}

const unknown: Applied = { principal: undefined, at: 0, releasedSince: 0, overUnfinished: false };
