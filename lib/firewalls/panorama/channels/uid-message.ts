import { canonicalAddress } from '../../../core/model/address.ts';
import { printable } from '../../shared/printable.ts';
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
export function uidMessage(changes: readonly TagChange[]): Element {
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

/** What the device said about one entry that it refused. */
export interface RefusedEntry {
  op: Operation;
  ip: string;
  message: string;
}

/** The entries named in a refusal: `msg/line/uid-response/payload/<op>/entry` with the attributes ip and message. */
export function refusedEntries(root: Element): RefusedEntry[] {
  return childrenNamed(child(root, 'msg'), 'line').flatMap((line) => {
    const payload = child(uidResponse(line), 'payload');
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
function uidResponse(line: Element): Element | undefined {
  const nested = child(line, 'uid-response');
  if (nested || !line.text.trim().startsWith('<uid-response')) return nested;
  try {
    return parseXml(line.text.trim());
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
