import { ZonebridgeError } from '../../core/errors.ts';
import type { ObjectRef } from '../../core/firewall.ts';
import { carries, offer } from '../../core/plan/ownership.ts';

/** Looks for our marks; the plan decides about groups, this decides about the helper objects it does not know. */
export interface Marks {
  commentFor(objectName: string): string;
  /** The object was made by us under this name. */
  isOurs(name: string, comment: string): boolean;
  /** The group is ours or offered to us, as its target says. */
  isFor(object: ObjectRef, comment: string): boolean;
}

export function marks(commentFor: (objectName: string) => string): Marks {
  const isOurs = (name: string, comment: string) => carries(comment, commentFor(name).split(' ')[0] ?? '');
  return {
    commentFor,
    isOurs,
    isFor: (object, comment) =>
      object.create === 'own' ? isOurs(object.name, comment) : carries(comment, offer(object.group)),
  };
}

export function foreign(name: string): ZonebridgeError {
  return new ZonebridgeError('firewall/object-foreign', `${name} exists and does not carry our mark`);
}
