import { ZonebridgeError } from '../../../core/errors.ts';
import type { PanoramaClient } from '../client.ts';
import { type OpenReport } from '../../shared/attempt.ts';
import { listTagged, tagsOf } from './registered.ts';
import { isBenign, type RefusedEntry, type TagChange } from './uid-message.ts';

/** A change with the report that waits for its outcome, under the text the change was asked by. */
export interface Pending extends TagChange {
  report: OpenReport;
  asked: string;
}

/** Tags that one address can carry ("Use Dynamic Address Groups in Policy", 10.0). */
const tagsPerAddress = 32;

/** Beyond this many questions about one tag its list is cheaper than asking for each address. */
const listFrom = 5;

export interface Judged {
  done: Pending[];
  failed: { change: Pending; message: string }[];
  /** The answer does not tell: the table has to be read. */
  open: Pending[];
}

/**
 * What a refusal says about each change of the message. An entry that is named alone for its address and operation, with a word why, is
 * certain; what is not named, or shares its address with another change, is not.
 */
export function judge(changes: readonly Pending[], refused: readonly RefusedEntry[]): Judged {
  const named = Map.groupBy(
    refused.filter(({ message }) => message !== ''),
    keyOf,
  );
  const sent = Map.groupBy(changes, keyOf);
  const judged: Judged = { done: [], failed: [], open: [] };
  for (const change of changes) {
    const said = named.get(keyOf(change));
    const alone = sent.get(keyOf(change))?.length === 1;
    const bad = said?.find((entry) => !isBenign(entry));
    if (!said || !alone) judged.open.push(change);
    else if (bad) judged.failed.push({ change, message: bad.message });
    else judged.done.push(change);
  }
  return judged;
}

function keyOf({ op, ip }: Pick<RefusedEntry, 'op' | 'ip'>): string {
  return `${op} ${ip}`;
}

/** Reads which of these changes are in force. */
export async function inForce(
  client: PanoramaClient,
  changes: readonly Pending[],
): Promise<ReadonlySet<Pending>> {
  const found = new Set<Pending>();
  for (const [tag, own] of Map.groupBy(changes, (change) => change.tag)) {
    const ips = own.map(({ ip }) => ip);
    const tagged = await membersAmong(client, tag, ips);
    for (const change of own) if (tagged.has(change.ip) === (change.op === 'register')) found.add(change);
  }
  return found;
}

/** Those of the addresses that carry a tag. */
export async function membersAmong(
  client: PanoramaClient,
  tag: string,
  ips: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ips.length >= listFrom) return new Set(await listTagged(client, tag));
  const found = new Set<string>();
  for (const ip of ips) if ((await tagsOf(client, ip)).includes(tag)) found.add(ip);
  return found;
}

/**
 * The error of an entry that was refused. No source gives the words for a full table, so an address is asked whether it carries as many
 * tags as it can; what is left is told apart by words. Assumption: one of these stands in the message.
 */
export async function refusalOf(
  client: PanoramaClient,
  { change, message }: { change: Pending; message: string },
): Promise<ZonebridgeError> {
  const { op, ip, tag } = change;
  if (op === 'register' && (await tagsOf(client, ip)).length >= tagsPerAddress)
    return new ZonebridgeError(
      'firewall/table-full',
      `${ip} carries ${tagsPerAddress} tags already, the most PAN-OS takes: ${tag} was not added (${message})`,
    );
  const full = /maximum|capacity|limit|exceed|\bfull\b/i.test(message);
  return new ZonebridgeError(
    full ? 'firewall/table-full' : 'firewall/rejected',
    `${op} ${ip} ${tag}: ${message}`,
  );
}
