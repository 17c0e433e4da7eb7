import type { ApiObject } from './model.ts';
import type { Problem } from './refusal.ts';

/** A kind of object as the API serves it, and what is particular about it. */
export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames?: readonly string[];
  /** Besides the object itself, such as `status`. */
  subresources?: readonly string[];
  /** Whether a deletion answers with the object instead of a Status. */
  deletionShowsObject?: boolean;
  /** Whether an update of an object that is not there makes it, as the creation of that name; an update of one that is there needs a version then. */
  createdByUpdate?: boolean;
  /** Whether `metadata.generation` counts changes of the spec. */
  counted?: boolean;
  /** What a creation sets whatever the client says, and what it may not set. */
  prepare?(object: ApiObject): void;
  /** Fills in defaults; at each write. */
  fill?(object: ApiObject): void;
  /** What cannot be; `old` when the object is changed. */
  validate?(object: ApiObject, old?: ApiObject): Problem[];
  /** Fields that a field selector may name, besides name and namespace. */
  fields?(object: ApiObject): Record<string, string>;
}

/** `v1` or `apps/v1`. */
export function apiVersion({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
