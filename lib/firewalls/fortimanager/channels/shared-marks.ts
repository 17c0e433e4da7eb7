import { ownComment } from '../../../core/plan/ownership.ts';
import { type Marks, marks } from '../../shared/marks.ts';

/** In place of an entry's id; no configured firewall has it. */
export const anyEntry = '*';

/**
 * Marks of what the entries of several devices share in an ADOM: the groups around their mappings, and the address objects. They are the
 * hub's in this ADOM, not one entry's; what an entry alone keeps, its mapping, carries its own mark.
 */
export function sharedMarks(hub: string, adom: string): Marks {
  return marks((object) => ownComment({ hub, firewall: anyEntry, scope: adom, object }));
}
