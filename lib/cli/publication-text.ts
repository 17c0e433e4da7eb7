import type { GroupPublication } from '../app/commands/publication.ts';
import { duration } from './time.ts';

/** Such as "3 of 4 firewalls, edge-4 not since 5 min". */
export function publicationText({ complete, of, since, missing }: GroupPublication, now: number): string {
  const count = `${complete} of ${of} firewalls`;
  if (since === undefined) return count;
  return `${count}, ${missing.join(', ')} not since ${duration(now - since)}`;
}
