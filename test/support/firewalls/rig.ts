import type { FirewallModule } from '../../../lib/core/firewall.ts';

/** Troubles that the simulator of every vendor can make. */
export type Trouble =
  /** The next write is done, its reply is lost. */
  | 'reply lost'
  /** The next read meets a connection that breaks before any answer. */
  | 'read cut'
  | 'unauthorized'
  | 'forbidden'
  | 'throttled'
  /** A web page instead of the API. */
  | 'page'
  /** No room for more entries; how it shows depends on the channel. */
  | 'full';

/** Requests that reached the device. */
export interface Counted {
  reads: number;
  writes: number;
}

/** Where the channels of vendors may differ; everything else is the same promise. */
export interface ChannelPromise {
  /** What one change costs in a run of its own, at any size of the group; logging in is not counted. */
  oneChange: { added: Counted; removed: Counted };
  /** Bytes of bodies and paths, in both directions, that adding and removing one address may take together. */
  bytesMax: number;
  /** Sizes of groups to try. */
  sizes: readonly number[];
  /** Objects can be renamed by hand, and rules follow. */
  renames: boolean;
  /** False where nobody can tell which rules use an object: then no count is given, and deletion is not refused. True unless given. */
  tellsUse?: boolean;
}

/** A simulated firewall under the contract suite; one implementation per vendor, beside this file, and a line in rigs.ts. */
export interface Rig {
  module: FirewallModule;
  /** By channel of the module. */
  channels: Readonly<Record<string, ChannelPromise>>;
  settings: Record<string, unknown>;
  credential: string;
  /** Settings that point to a closed port, bring a foreign authority, or name a scope that does not exist. */
  unreachable(): Promise<Record<string, unknown>>;
  untrusted(): Promise<Record<string, unknown>>;
  missingScope(): Record<string, unknown>;
  /** Makes an object as somebody else would. */
  createForeign(channel: string, name: string): void;
  /** Edits what is there behind our back. */
  putMember(channel: string, name: string, address: string): void;
  /** Renames an object as an administrator would; rules that use it follow. */
  rename(channel: string, name: string, to: string): void;
  /** Lets a rule use an object; returns what the device calls the rule. */
  useInRule(channel: string, name: string): string;
  /** How members are objects of their own on a channel; undefined where they are only texts. */
  memberObject?(channel: string): MemberObjects | undefined;
  /** Addresses the device enforces for an object, resolved by the device's own state; undefined when there is no object. */
  enforced(channel: string, name: string): string[] | undefined;
  /** Numbers of reads and writes the device has seen so far. */
  seen(): Counted;
  /** Fills an object of ours quickly. */
  fill(channel: string, name: string, request: FillRequest): void;
  trouble(kind: Trouble): void;
  /** Ends what we are logged in with, as an idle time-out does; absent where every call carries its credential. */
  endSession?(): void;
  /** Somebody locks what a change over the channel has to lock; undefined where nothing is. */
  lockByPerson?(channel: string): PersonsLock | undefined;
  /** A firewall behind a manager takes no installs; undefined where a change needs none. `part`: what it is called. */
  refuseInstall?(channel: string): { part: string; mend(): void } | undefined;
  /** Somebody's change is saved and not installed, for as long as the device lives; absent where changes act at once. */
  othersWait?(channel: string): boolean;
  /** The unit that answers waits in reserve; returns the settings of a pair. Absent where units cannot be told apart. */
  standBy?(): Record<string, unknown>;
  /** A person deletes the object; only where the reference says what that does to its members. */
  deleteObject?(name: string): void;
  /** From now on what is read is as it is now, whatever is written, until `calm`; absent where what was written is read. */
  lag?(): void;
  /** Has another serial number from now on, as a spare part or the other unit of a pair; absent where nothing tells one from another. */
  becomeAnother?(): void;
  /** Says that it started just now (milliseconds since 1970), as after a restored configuration; absent where it does not tell. */
  restart?(now: number): void;
  /** Lets this process call it, where what calls is known by its own identity; the rig that started last may be called. */
  enter?(): void;
  /** Ends every trouble. */
  calm(): void;
  stop(): Promise<void>;
}

/** Address objects, as people make them, too. What comes back of making or using one shows it, with the group of theirs that has it. */
export interface MemberObjects {
  /** What ours is called; the group itself where its members have no names and it is what a name can be taken from. */
  nameOf(member: { hub: string; object: string; address: string }): string;
  makeByPerson(name: string, address: string): () => unknown;
  /** A person puts an object of ours into a group of theirs. */
  useMember?(name: string): () => unknown;
}

/** `owner` is absent where the device does not say whose it is. */
export interface PersonsLock {
  owner?: string;
  isHeld(): boolean;
  release(): void;
}

export interface FillRequest {
  hub: string;
  addresses: readonly string[];
  sizeHint: number;
  commentFor: (name: string) => string;
}
