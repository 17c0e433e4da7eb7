import type { NamedComment, ObjectRef } from '../../../core/firewall.ts';
import type { AddressFamily } from '../../../core/model/address.ts';
import type { Marks } from '../../shared/marks.ts';
import type { FortimanagerClient, Param } from '../client.ts';
import type { Element } from '../envelope.ts';
import type { InstallStep } from '../install.ts';
import type { Item } from './object-items.ts';
import type { Step } from './object-steps.ts';

/** Everything that the channel of address objects knows of where it works. */
export interface Place {
  client: FortimanagerClient;
  hub: string;
  /** Of groups, or of their mappings for one device. */
  marks: Marks;
  /** Of address objects. */
  addressMarks: Marks;
  groups: GroupPlace;
}

/** One family of a group as it was found. */
export interface FoundGroup {
  family: AddressFamily;
  /** Tells whose it is to us; undefined when there is nothing yet. */
  comment: string | undefined;
  /** Comment of what would go when the object is deleted; undefined when there is nothing. */
  holder: string | undefined;
  /** What has to be made before members can be put in. */
  lacks: readonly ('group' | 'mapping')[];
  /** Names of the members, as far as they were asked for. */
  members: readonly string[];
  /** Names of what it leaves out of what these match, as far as they were asked for. */
  excluded: readonly string[];
}

/** A write of one row, and what has to be installed after it. */
export interface RowWrite {
  param: Param;
  install: InstallStep;
}

/** A write of members: `set` carries all of them, `add` and `delete` one, `update` what is left out. */
export type MemberWrite = Step & { method: 'add' | 'set' | 'update' | 'delete' };

/** Where the members of groups lie: in the rows of the groups, or below them in a mapping for one device. */
export interface GroupPlace {
  /** Method by which new address objects are written, so that they travel in one request with the members that name them. */
  addressMethod: 'add' | 'set';
  /** Whether a former tool's group can become ours. */
  adopts: boolean;
  /** Asks whose a group is; as many questions for every object. `members`: and for all members, where these are not asked for anyway. */
  look(object: ObjectRef, members?: boolean): Param[];
  /** What {@link look} found, by family; `params` are its questions. */
  found(object: ObjectRef, params: readonly Param[], elements: readonly Element[]): Promise<FoundGroup[]>;
  /** Makes what a group lacks, without members. */
  making(object: ObjectRef, group: FoundGroup, comment: string): RowWrite[];
  /** Puts members in and takes them out. */
  memberWrites(object: ObjectRef, group: FoundGroup, items: readonly Item[]): MemberWrite[];
  /** Where lists are set whole: throws `firewall/busy` when what was found is from before a write of ours. */
  refuseLate?(object: ObjectRef, groups: readonly FoundGroup[]): void;
  /** Where lists are set whole: what {@link memberWrites} made of these is done. */
  noteWritten?(object: ObjectRef, group: FoundGroup, items: readonly Item[]): void;
  /** All groups of the ADOM, with the comments that could be ours. */
  list(): Promise<NamedComment[]>;
  /** What to delete of an object of ours; asked while the ADOM is locked. */
  removals(object: ObjectRef): Promise<RowWrite[]>;
}
