import { canonicalAddress } from '../../../core/model/address.ts';
import { printable } from '../../shared/printable.ts';
import type { PanoramaClient } from '../client.ts';
import { child, childrenNamed, type Element, parseXml, xml, xmlText } from '../xml.ts';

export type Operation = 'register' | 'unregister';

/** One address and one tag that it gets or loses. */
export interface TagChange {
  op: Operation;
  ip: string;
  tag: string;
  /** How long the device keeps what is registered; absent: for ever. */
  timeoutSeconds?: number | undefined;
}

/**
 * One message with all changes. Each pair of address and tag is an entry of its own: of an entry with several tags one that is there
 * already makes the device refuse the others, too. A removal names our tag alone, so the other tags of the address stay.
 */
function uidMessage(changes: readonly TagChange[]): Element {
  const blocks = (['unregister', 'register'] as const).flatMap((op) => {
    const own = changes.filter((change) => change.op === op);
    if (own.length === 0) return [];
    const member = (tag: string, timeout?: number) =>
      xml('member', op === 'register' ? { timeout: timeout?.toString() } : {}, tag);
    return [
      xml(
        op,
        {},
        own.map(({ ip, tag, timeoutSeconds }) =>
          xml('entry', { ip }, [xml('tag', {}, [member(tag, timeoutSeconds)])]),
        ),
      ),
    ];
  });
  return xml('uid-message', {}, [
    xmlText('version', '1.0'),
    xmlText('type', 'update'),
    xml('payload', {}, blocks),
  ]);
}

/** Sends one message. Returns the entries that the device refused; what else goes wrong is thrown. */
export async function sendUid(
  client: PanoramaClient,
  changes: readonly TagChange[],
): Promise<readonly RefusedEntry[]> {
  const { root } = await client.userId(
    uidMessage(changes),
    (answer) => refusedEntries(answer.root).length > 0,
  );
  return refusedEntries(root);
}

/** What the device said about one entry that it refused. */
export interface RefusedEntry {
  op: Operation;
  ip: string;
  message: string;
}

/**
 * The entries that an answer names, each with the attributes ip and message: an error in `msg/line/uid-response/payload/<op>/entry`.
 * A success names none; in one that does, below `result`, they count as refused all the same.
 */
function refusedEntries(root: Element): RefusedEntry[] {
  const places = [...childrenNamed(child(root, 'msg'), 'line'), ...childrenNamed(root, 'result')];
  return places.flatMap((place) => {
    const payload = child(uidResponse(place), 'payload');
    return (['register', 'unregister'] as const).flatMap((op) =>
      childrenNamed(payload, op)
        .flatMap((block) => childrenNamed(block, 'entry'))
        .map(({ attributes }) => ({
          op,
          ip: canonicalIp(attributes['ip'] ?? ''),
          message: printable(attributes['message'] ?? ''),
        })),
    );
  });
}

/** Assumption: some versions send it as text inside of the line, as they do with other messages. */
function uidResponse(place: Element): Element | undefined {
  const nested = child(place, 'uid-response');
  if (nested || !place.text.trim().startsWith('<uid-response')) return nested;
  try {
    return parseXml(place.text.trim());
  } catch {
    return undefined;
  }
}

/** The device has what was wanted already: the words are those that public clients of the interface pass over. */
export function isBenign({ op, message }: RefusedEntry): boolean {
  return op === 'register'
    ? message.endsWith('already exists, ignore')
    : message.endsWith('does not exist, ignore unreg');
}

/**
 * An address as we write it; what is no single address (a range or a subnet, which a person may register) stays as the device tells it.
 * Assumption: /32 and /128 stand for the address alone.
 */
export function canonicalIp(text: string): string {
  try {
    return canonicalAddress(text.replace(/^([\d.]+)\/32$|^([\da-fA-F:]+)\/128$/, '$1$2'));
  } catch {
    return text;
  }
}
