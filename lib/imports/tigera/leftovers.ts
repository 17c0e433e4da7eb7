import { parseDocument } from 'yaml';
import type { Finding } from './finding.ts';
import { metadataWith } from './former-keys.ts';
import { isFormerKind, kindOf } from './kinds.ts';
import { type Consumed, knownOf } from './known.ts';
import { type FoundObject, plainValue } from './objects.ts';
import { isPolicy } from './policies.ts';
import { keys, type Value } from './settings.ts';
import { findingsOf, places, untold } from './untold.ts';

/** What else of the former tool is there: what has no counterpart, and what nobody knows. */
export function leftovers(
  objects: readonly FoundObject[],
  consumed: Consumed,
  eastWest: Value | undefined,
): Finding[] {
  return [...eastWestOf(eastWest), ...objects.flatMap((object) => leftoversOf(object, consumed))];
}

function leftoversOf(object: FoundObject, consumed: Consumed): Finding[] {
  const { content, place, apiVersion } = object;
  if (isPolicy(object) || !isFormerKind(apiVersion))
    return findingsOf(untold(content, knownOf(object, consumed)), place);
  const { what, reason } = kindOf(object);
  const { metadata, ...rest } = content;
  const inside = Object.entries(rest).filter(([key]) => !['apiVersion', 'kind', 'status'].includes(key));
  const paths = inside.flatMap(([key, value]) => places(value, [key]));
  return [
    { place, what: paths.length === 0 ? what : `${what}: ${paths.join(', ')}`, reason },
    ...findingsOf(untold(metadata, metadataWith(), ['metadata']), place),
  ];
}

function eastWestOf(value: Value | undefined): Finding[] {
  if (!value || value.text.trim() === '') return [];
  const list = plainValue(parseDocument(value.text, { prettyErrors: false, stringKeys: true }));
  if (list === null) return [];
  const what = typeof list === 'object' ? `${keys.eastWest}: ${places(list).join(', ')}` : keys.eastWest;
  const reason =
    'rules of a manager are not translated into policies of the cluster: leave that controller and its tier as they are';
  return [{ place: value.place, what, reason }];
}
