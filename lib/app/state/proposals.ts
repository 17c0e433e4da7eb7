import type { Item, Key, Tables } from '../../core/ports.ts';
import { text } from './items.ts';

/** A cluster that asked for the agent by its tag, and what became of it. */
export interface Proposal {
  /** Name in EKS. */
  cluster: string;
  /** Key in the configuration; empty when it has none. */
  key: string;
  state: 'proposed' | 'admitted' | 'failed';
  /** What to do, or what went wrong. */
  reason: string;
  /** Milliseconds since 1970. */
  since: number;
}

/** One row for all of them: an account has few clusters, and it is written as a whole. */
export const proposalsKey: Key = { table: 'control', pk: 'proposals' };

/** By ARN of the cluster. */
export async function readProposals(tables: Tables): Promise<Record<string, Proposal>> {
  const [item] = await tables.read([proposalsKey]);
  return proposalsIn(item);
}

export function proposalsIn(item: Item | undefined): Record<string, Proposal> {
  const json = text(item, 'proposals');
  return json === undefined ? {} : (JSON.parse(json) as Record<string, Proposal>);
}

export async function writeProposals(
  tables: Tables,
  proposals: Readonly<Record<string, Proposal>>,
): Promise<void> {
  await tables.write({ key: proposalsKey, put: { proposals: JSON.stringify(proposals) } });
}
