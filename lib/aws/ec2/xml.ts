import { ZonebridgeError } from '../../core/errors.ts';

/** An element of an answer of EC2: its text, or what is in it. */
export interface Element {
  name: string;
  text: string;
  children: Element[];
}

const token = /<\?[^>]*\?>|<!--[^]*?-->|<(\/?)([A-Za-z][\w.-]*)((?:\s[^<>]*?)?)(\/?)>|([^<]+)/y;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
/** No answer of EC2 is nested as deep. */
const deepest = 40;

/**
 * Reads the XML that the EC2 query API answers with: elements and text. Attributes and comments mean nothing there and are passed over. CDATA and
 * document types are refused, and so is an answer that is not whole: what was cut off may have held more.
 * Throws `store/unavailable`.
 */
export function parseXml(text: string): Element {
  const root: Element = { name: '', text: '', children: [] };
  const open = [root];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw unreadable(`it holds no element at ${JSON.stringify(text.slice(at, at + 40))}`);
    const [, closing = '', name = '', , empty = '', words = ''] = match;
    const current = open.at(-1) ?? root;
    current.text += unescaped(words);
    if (closing !== '') close(open, name);
    else if (name !== '') begin(open, current, { name, empty: empty !== '' });
  }
  const [only, ...others] = root.children;
  if (open.length > 1 || only === undefined || others.length > 0) throw unreadable('it is not whole');
  return only;
}

function begin(open: Element[], within: Element, { name, empty }: { name: string; empty: boolean }): void {
  const element: Element = { name, text: '', children: [] };
  within.children.push(element);
  if (!empty) open.push(element);
  if (open.length > deepest) throw unreadable('it is nested too deep');
}

function close(open: Element[], name: string): void {
  if (open.length === 1 || open.pop()?.name !== name) throw unreadable(`</${name}> closes nothing`);
}

/** The elements at the end of a path of names, such as `instancesSet/item`. */
export function all(from: Element, path: string): Element[] {
  return path
    .split('/')
    .reduce<Element[]>(
      (found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)),
      [from],
    );
}

/** The text at the end of a path; undefined when it is not there. */
export function textAt(from: Element, path: string): string | undefined {
  return all(from, path)[0]?.text.trim();
}

function unescaped(text: string): string {
  return text.replace(/&([^;]{0,10});?/g, (whole, name: string) => {
    const known = Object.hasOwn(entities, name) ? entities[name] : undefined;
    if (known !== undefined) return known;
    const code = /^#x([0-9a-f]{1,6})$/i.exec(name)?.[1];
    const decimal = /^#(\d{1,7})$/.exec(name)?.[1];
    const point = code === undefined ? Number(decimal ?? 'NaN') : Number.parseInt(code, 16);
    if (!(point > 0 && point <= 0x10_ffff)) throw unreadable(`${whole} is no sign`);
    return String.fromCodePoint(point);
  });
}

function unreadable(why: string): ZonebridgeError {
  return new ZonebridgeError('store/unavailable', `the answer of EC2 cannot be read: ${why}`);
}
