import type { ObjectRef } from '../../core/firewall.ts';
import { type Ownership, ownershipOf, renamedTo } from '../../core/plan/ownership.ts';
import type { OpenFirewall } from './connect.ts';
import { identityOf } from '../targets.ts';

export interface WhoseObject {
  ownership: Ownership;
  /** With `hand-renamed`: what the object is called now, as the device tells it. */
  renamedTo?: string | undefined;
}

/**
 * Asks the device whose the object of a group is. One that we make and that is not there is looked for under another name, before anybody
 * makes it anew: rules that use it went along, and would go on with members that nobody keeps. Throws what the device refuses.
 */
export async function whoseObject(hub: string, open: OpenFirewall, object: ObjectRef): Promise<WhoseObject> {
  const { connection, id } = open;
  const seen = await connection.observeObject(object);
  const identity = identityOf(hub, id, { ...open, object: object.name });
  const ownership = ownershipOf(seen, { ...object, identity });
  if (ownership !== 'absent' || object.create !== 'own') return { ownership };
  const other = renamedTo(await connection.listObjects(object), identity);
  return other === undefined ? { ownership } : { ownership: 'hand-renamed', renamedTo: other };
}
