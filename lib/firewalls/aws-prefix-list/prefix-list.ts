import type { ManagedPrefixList } from '@aws-sdk/client-ec2';
import { ZonebridgeError } from '../../core/errors.ts';
import type { AddressFamily } from '../../core/model/address.ts';
import { printable } from '../shared/printable.ts';
import { markTag, offerTag } from './tags.ts';

/** A prefix list as EC2 shows it. */
export interface PrefixList {
  id: string;
  name: string;
  family: AddressFamily;
  /** Rises with every change of entries. */
  version: number;
  maxEntries: number;
  owner: string;
  state: string;
  /** Why a change failed. */
  stateMessage: string;
  /** The words of the tags that tell whose it is; empty when IPAM fills it, which nobody else may. */
  comment: string;
}

/** Throws `firewall/unexpected-answer` for a list without id, version, family or state. */
export function prefixListOf(found: ManagedPrefixList): PrefixList {
  const {
    PrefixListId: id,
    AddressFamily: word,
    Version: version,
    State: state,
    MaxEntries: maxEntries,
  } = found;
  if (
    !id ||
    version === undefined ||
    !state ||
    maxEntries === undefined ||
    (word !== 'IPv4' && word !== 'IPv6')
  )
    throw new ZonebridgeError(
      'firewall/unexpected-answer',
      'EC2 sent a prefix list without id, version, family, size or state',
    );
  const tags = new Map((found.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  return {
    id,
    name: found.PrefixListName ?? '',
    family: word === 'IPv4' ? 4 : 6,
    version,
    maxEntries,
    owner: found.OwnerId ?? '',
    state,
    stateMessage: printable(found.StateMessage),
    comment: found.IpamPrefixListResolverSyncEnabled === true ? '' : commentOf(tags),
  };
}

function commentOf(tags: ReadonlyMap<string, string>): string {
  const group = tags.get(offerTag);
  const words = [tags.get(markTag), group === undefined ? undefined : `zonebridge:offer:${group}`];
  return words.filter((word) => word !== undefined).join(' ');
}

/** It is gone or goes: AWS shows deleted lists for a while. */
export function isLeaving({ state }: PrefixList): boolean {
  return state === 'delete-complete' || state === 'delete-in-progress';
}

/** Nobody may change it before this is over. */
export function isBusy({ state }: PrefixList): boolean {
  return state.endsWith('-in-progress');
}

/** The last change failed; the entries are those from before. */
export function isFailed({ state }: PrefixList): boolean {
  return state.endsWith('-failed');
}
