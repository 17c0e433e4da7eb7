import type { Item, Key, Tables } from '../../core/ports.ts';
import { count, text } from '../state/items.ts';

/** Row of `control`: what the teller of one section of hosts knows between two runs. */
export interface HostState {
  /** Random id under which it asked for its epoch. */
  process: string | undefined;
  /** 0: none yet. */
  epoch: number;
  /** The last sequence that was given to a change. */
  sequence: number;
  /** Hash over everything that the last digest said. */
  content: string;
  digestAt: number;
  /** Counts every write: whoever read an older row looked at EC2 before somebody else told of it, and looks again. */
  revision: number;
}

export function hostStateKey(cluster: string): Key {
  return { table: 'control', pk: `hosts|${cluster}` };
}

export function readHostState(item: Item | undefined): HostState {
  return {
    process: text(item, 'process'),
    epoch: count(item, 'epoch'),
    sequence: count(item, 'sequence'),
    content: text(item, 'content') ?? '',
    digestAt: count(item, 'digestAt'),
    revision: count(item, 'revision'),
  };
}

/** Throws `store/condition-failed` when another run wrote since `before` was read. */
export async function writeHostState(
  tables: Tables,
  cluster: string,
  { before, next }: { before: HostState; next: Partial<Omit<HostState, 'revision'>> },
): Promise<HostState> {
  const state = { ...before, ...next, revision: before.revision + 1 };
  const { process, ...rest } = state;
  await tables.write({
    key: hostStateKey(cluster),
    put: { ...rest, ...(process === undefined ? {} : { process }) },
    if: [{ attribute: 'revision', is: 'absent or =', value: before.revision }],
  });
  return state;
}
