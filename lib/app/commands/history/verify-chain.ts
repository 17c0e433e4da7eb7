import type { Segment } from '../../audit/segment.ts';
import type { ChainHead } from '../../state/history.ts';

/** What is wrong with an archive, in one word. */
export type FindingKind =
  /** An object of the chain is not there. */
  | 'missing'
  /** An object does not follow the one before it: one of the two was changed. */
  | 'changed'
  | 'unreadable'
  /** Something lies there that was not put there by us. */
  | 'foreign'
  | 'not-archived'
  | 'not-indexed'
  | 'unrecorded';

export interface Finding {
  what: FindingKind;
  subject: string;
  text: string;
}

/** An object as it was found. */
export interface Link {
  key: string;
  place: { subject: string; day: string; sequence: number } | undefined;
  segment: Segment | undefined;
  problem: string | undefined;
}

interface Expected {
  hub: string;
  subject: string;
  head: ChainHead | undefined;
  /** Last day of the period. */
  until: string;
}

/**
 * Checks the chain: numbers without gaps, each object naming the hash of the one before, each holding what its header says, the last one
 * being the one that the head knows. The first of the period is taken as it is. Pure.
 */
export function verifyChain(links: readonly Link[], expected: Expected): Finding[] {
  const { subject, head, until } = expected;
  const findings: Finding[] = [];
  const say = (what: FindingKind, text: string) => findings.push({ what, subject, text });
  let before: { sequence: number; hash: string | undefined } | undefined;
  for (const { key, place, segment, problem } of links) {
    if (!place) {
      say('foreign', `${key} is no object of this archive`);
      continue;
    }
    const { sequence } = place;
    if (before && sequence > before.sequence + 1) say('missing', gapText(before.sequence + 1, sequence - 1));
    if (before && sequence <= before.sequence) say('foreign', `${key} repeats number ${sequence}`);
    if (!segment) say('unreadable', `${key}: ${problem ?? 'it is gone since it was listed'}`);
    else for (const text of wrongIn(key, { segment, place, before, expected })) say('changed', text);
    before = { sequence, hash: segment?.hash };
  }
  if (head && head.day <= until) endFindings(head, before).forEach(([what, text]) => say(what, text));
  return findings;
}

/** The last object must be the head, or follow it: the head moves right after its object is made. */
function endFindings(
  head: ChainHead,
  last: { sequence: number; hash: string | undefined } | undefined,
): [FindingKind, string][] {
  if (!last) return [];
  if (last.sequence < head.sequence) return [['missing', gapText(last.sequence + 1, head.sequence)]];
  const differs = last.sequence === head.sequence && last.hash !== undefined && last.hash !== head.hash;
  return differs ? [['changed', `number ${last.sequence} is not what was written`]] : [];
}

function wrongIn(
  key: string,
  found: {
    segment: Segment;
    place: NonNullable<Link['place']>;
    before: { sequence: number; hash: string | undefined } | undefined;
    expected: Expected;
  },
): string[] {
  const { segment, place, before, expected } = found;
  const { header, records } = segment;
  const wrong: string[] = [];
  const follows = before?.sequence === place.sequence - 1 && before.hash !== undefined;
  if (follows && header.previous !== before.hash) wrong.push(`${key} does not follow the one before it`);
  if (header.count !== records.length)
    wrong.push(`${key} says ${header.count} records and holds ${records.length}`);
  const named = header.hub === expected.hub && header.subject === expected.subject;
  if (!named || header.sequence !== place.sequence || header.day !== place.day)
    wrong.push(`${key} says it is ${header.hub}/${header.subject}/${header.day} number ${header.sequence}`);
  return wrong;
}

function gapText(from: number, to: number): string {
  return from === to ? `number ${from} is missing` : `numbers ${from} to ${to} are missing`;
}
