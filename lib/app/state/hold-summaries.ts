import type { Item, Key, Write } from '../../core/ports.ts';
import { count, text } from './items.ts';

/** What the sweep last found held in a group on a firewall, so that it lists the ledger only when something changed. */
export interface HoldSummary {
  /** Of the object row when it was listed. */
  revision: number;
  /** Changes that wait for a person, or for something to be mended. */
  waiting: number;
  /** Changes that a freeze holds. */
  frozen: number;
  /** Since when the oldest of them waits. */
  frozenSince: number | undefined;
  /** Hash over everything that is held with its reasons; what was told last. */
  digest: string;
  /** Hash over what a request for approval was made for, and until when that counts. */
  requested: string;
  requestedUntil: number;
}

export function summaryKey(firewall: string, group: string): Key {
  return { table: 'control', pk: `holds|${firewall}|${group}` };
}

export function readSummary(item: Item | undefined): HoldSummary {
  return {
    revision: item ? count(item, 'revision') : -1,
    waiting: count(item, 'waiting'),
    frozen: count(item, 'frozen'),
    frozenSince: count(item, 'frozenSince') || undefined,
    digest: text(item, 'digest') ?? '',
    requested: text(item, 'requested') ?? '',
    requestedUntil: count(item, 'requestedUntil'),
  };
}

export function storeSummary(firewall: string, group: string, summary: HoldSummary): Write {
  const { frozenSince, ...rest } = summary;
  const put: Item = { ...rest, ...(frozenSince === undefined ? {} : { frozenSince }) };
  return { key: summaryKey(firewall, group), put };
}
