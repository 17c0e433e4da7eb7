import type { NamedComment, ObservedObject } from '../firewall.ts';
import { digest } from '../model/content-hash.ts';

/**
 * Who owns an object on a firewall (law 4). Our mark is a hash over hub, firewall id, scope and object name,
 * so that a clone, a renamed object or another hub's object is foreign. `hand-renamed`: it is absent, and another object carries its mark.
 * `adoptable`: a former tool keeps it, and the configuration names it and that tool's comment.
 */
export type Ownership = 'ours' | 'offered' | 'adoptable' | 'foreign' | 'absent' | 'hand-renamed';

export interface ObjectIdentity {
  hub: string;
  /** The configured id of the firewall, never its serial: a replaced device keeps it. */
  firewall: string;
  /** VDOM, domain or device group. */
  scope: string;
  object: string;
}

const markWord = 'zonebridge:mark:';
const offerWord = 'zonebridge:offer:';

/** The word in the comment that makes an object ours, 48 characters. */
export function mark(identity: ObjectIdentity): string {
  const { hub, firewall, scope, object } = identity;
  return markWord + digest(JSON.stringify([hub, firewall, scope, object]));
}

/** Comment of an object that we make: the mark first, then a word to people. At most 120 characters. */
export function ownComment(identity: ObjectIdentity): string {
  return `${mark(identity)} kept by Zonebridge, edits are undone`;
}

/** The word with which the security team offers an object for a group. */
export function offer(group: string): string {
  return offerWord + group;
}

/** True when a comment carries exactly this word; words are separated by white space, commas or semicolons. */
export function carries(comment: string, word: string): boolean {
  return comment.split(/[\s,;]+/).includes(word);
}

/** An object as the configuration expects it. */
export interface ExpectedObject {
  create: 'own' | 'offered';
  group: string;
  identity: ObjectIdentity;
  /** Whole comment by which a former tool's object of this name is recognised; nothing is adopted without it. */
  adopt?: string | undefined;
}

/**
 * Judges what was read; a mark counts for objects we make, an offer for objects the security team made. A former tool's object is taken
 * only when its comment is exactly the one that was listed: an edited one has an owner who edited it.
 */
export function ownershipOf(observed: ObservedObject, expected: ExpectedObject): Ownership {
  if (!observed.exists) return 'absent';
  if (expected.create === 'own') {
    if (carries(observed.comment, mark(expected.identity))) return 'ours';
    return isListedComment(observed.comment, expected.adopt) ? 'adoptable' : 'foreign';
  }
  return carries(observed.comment, offer(expected.group)) ? 'offered' : 'foreign';
}

/** Never a comment that speaks of us: that is another hub's, another object's, or an offer. */
function isListedComment(comment: string, listed: string | undefined): boolean {
  return listed !== undefined && listed !== '' && comment === listed && !speaksOfUs(comment);
}

/** Whether a comment holds a mark or an offer, whosever it is. */
export function speaksOfUs(comment: string): boolean {
  return comment.includes(markWord) || comment.includes(offerWord);
}

/**
 * Name of the object that carries the mark of one that is not there: a person renamed it, and the rules went along. A copy of an object that
 * was deleted looks the same. The first by name, when there are several; undefined when there is none.
 */
export function renamedTo(listed: readonly NamedComment[], identity: ObjectIdentity): string | undefined {
  const names = listed
    .filter(({ name, comment }) => name !== identity.object && carries(comment, mark(identity)))
    .map(({ name }) => name);
  return names.sort()[0];
}
