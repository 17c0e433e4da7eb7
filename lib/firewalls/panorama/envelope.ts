import { ZonebridgeError } from '../../core/errors.ts';
import { printable } from '../shared/printable.ts';
import type { Answer } from '../shared/transport.ts';
import { refusalError } from './errors.ts';
import { child, childrenNamed, type Element, parseXml, textAt } from './xml.ts';

/** An answer of the XML interface, success or not. */
export interface Envelope {
  success: boolean;
  code: number | undefined;
  /** What it says to people, in one line that may be printed. */
  text: string;
  root: Element;
  result: Element | undefined;
}

/** The envelope, when the answer is one: `<response status="..." code="...">`. */
function parseEnvelope(text: string): Envelope | undefined {
  let root: Element;
  try {
    root = parseXml(text);
  } catch {
    return undefined;
  }
  const { status, code } = root.attributes;
  if (root.name !== 'response' || (status !== 'success' && status !== 'error')) return undefined;
  return {
    success: status === 'success',
    code: code !== undefined && /^\d{1,4}$/.test(code) ? Number(code) : undefined,
    text: printable(messagesOf(root)),
    root,
    result: child(root, 'result'),
  };
}

/** Texts stand in `msg`, `msg/line`, `msg/line/line` or the same below `result`. */
function messagesOf(root: Element): string[] {
  for (const message of [child(root, 'msg'), child(root, 'result', 'msg')]) {
    const lines = childrenNamed(message, 'line').flatMap((line) => [line, ...childrenNamed(line, 'line')]);
    const texts = lines.map(({ text }) => text.trim()).filter((text) => text !== '');
    if (texts.length > 0) return texts;
    const whole = textAt(message);
    if (whole) return [whole];
  }
  return [];
}

/** Statuses that tell enough without an envelope. */
const plainStatuses: Readonly<Record<number, ConstructorParameters<typeof ZonebridgeError>[0]>> = {
  401: 'firewall/credentials-rejected',
  403: 'firewall/permission-denied',
  429: 'firewall/throttled',
};

export interface Asked {
  call: string;
  write: boolean;
  /** Refusals that the caller reads itself. */
  accepts?: ((refused: Envelope) => boolean) | undefined;
}

/** The envelope of a success, or of an accepted refusal. Throws what any other refusal, a page or half an answer means. */
export function readEnvelope(answer: Answer, { call, write, accepts }: Asked): Envelope {
  const found = parseEnvelope(answer.text);
  if (!found) throw notPanos(answer, { call, write });
  if (found.success && answer.status < 300) return found;
  if (accepts?.(found)) return found;
  throw refusalError({ call, write, httpStatus: answer.status, code: found.code, text: found.text });
}

/** A login page, a proxy's error page, half an answer. */
export function notPanos(
  { status, text, retryAfterSeconds }: Answer,
  { call, write }: { call: string; write: boolean },
): ZonebridgeError {
  const plain = plainStatuses[status];
  const page = /^\s*<(!doctype\s+)?html/i.test(text);
  const what = page ? 'a web page' : 'no answer of PAN-OS';
  // A gateway's 5xx, or an answer cut short, says nothing about what the device did before.
  const uncertain = write && (status >= 500 || (!page && status < 300));
  const kind = plain ?? (uncertain ? 'firewall/outcome-unknown' : 'firewall/unexpected-answer');
  return new ZonebridgeError(kind, `${call}: ${what} came back [HTTP ${status}]`, {
    fields: { httpStatus: status, retryAfterSeconds },
  });
}
