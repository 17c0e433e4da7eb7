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

/** A simulated firewall under the contract suite; one implementation per vendor, beside this file. */
export interface Rig {
  module: FirewallModule;
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
  /** Addresses the device enforces for an object, resolved by the device's own state; undefined when there is no object. */
  enforced(channel: string, name: string): string[] | undefined;
  /** Numbers of reads and writes the device has seen so far. */
  seen(): { reads: number; writes: number };
  /** Fills an object of ours quickly. */
  fill(channel: string, name: string, request: FillRequest): void;
  trouble(kind: Trouble): void;
  calm(): void;
  stop(): Promise<void>;
}

export interface FillRequest {
  hub: string;
  addresses: readonly string[];
  sizeHint: number;
  commentFor: (name: string) => string;
}
