import type { Change } from '../store/collection.ts';
import { store, type Stored, whole } from '../store/stored.ts';
import type { ApiObject } from '../model.ts';
import type { Filter } from './selectors.ts';

export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One event as it is sent. */
export interface Frame {
  type: FrameType;
  stored: Stored;
  bytes: Buffer;
}

/** The frames of the change that is being told, so that all who watch share them. */
let shared: { change: Change; frames: Map<FrameType, Frame> } | undefined;

/**
 * What a change is for somebody who watches part of a kind: an object that begins to match is added, one that ceases
 * to match is deleted, with its last matching state and the version of the change. Undefined = nothing.
 */
export function frameFor(change: Change, namespace: string, filter: Filter): Frame | undefined {
  const { before, stored, type } = change;
  if (namespace !== '' && stored.namespace !== namespace) return undefined;
  const matched = before !== undefined && filter(before);
  if (type === 'DELETED') return matched ? frame(change, 'DELETED', stored) : undefined;
  const matches = filter(stored);
  if (matches) return frame(change, matched ? 'MODIFIED' : 'ADDED', stored);
  if (!matched) return undefined;
  const last = JSON.parse(before.text) as ApiObject;
  return makeFrame('DELETED', store(before.resource, last, change.revision));
}

function frame(change: Change, type: FrameType, stored: Stored): Frame {
  if (shared?.change !== change) shared = { change, frames: new Map() };
  let made = shared.frames.get(type);
  if (!made) {
    made = makeFrame(type, stored);
    shared.frames.set(type, made);
  }
  return made;
}

export function makeFrame(type: FrameType, stored: Stored): Frame {
  return { type, stored, bytes: eventLine(type, whole(stored)) };
}

/** One line of a watch. */
export function eventLine(type: string, object: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${object}}\n`);
}
