/** One element of an XML document: names as they stand there, text of its own without that of its children. */
export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

export interface XmlLimits {
  depth: number;
  /** Elements and attributes together. */
  nodes: number;
}

const usualLimits: XmlLimits = { depth: 64, nodes: 1_000_000 };

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const nameAt = /[A-Za-z_:][\w:.-]*/y;
const attributeAt = /\s+([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEndAt = /\s*(\/?)>/y;

/**
 * Reads what an interface of the device speaks: elements, attributes, text, CDATA. Declarations of types and entities are refused, so
 * that no answer can name a file or grow in memory; comments and instructions are skipped. Throws SyntaxError for anything else.
 */
export function parseXml(text: string, limits: XmlLimits = usualLimits): Element {
  return new Reader(text, limits).document();
}

class Reader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #open: Element[] = [];
  #root: Element | undefined;
  #nodes = 0;
  #place = 0;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
    this.#limits = limits;
  }

  document(): Element {
    while (this.#place < this.#text.length) {
      const next = this.#text.indexOf('<', this.#place);
      this.#addText(this.#text.slice(this.#place, next < 0 ? undefined : next));
      this.#place = next < 0 ? this.#text.length : next;
      if (next >= 0) this.#markup();
    }
    if (!this.#root || this.#open.length > 0) throw this.#wrong('it ends too early');
    return this.#root;
  }

  #markup(): void {
    if (this.#skip('<!--', '-->') !== undefined || this.#skip('<?', '?>') !== undefined) return;
    const raw = this.#skip('<![CDATA[', ']]>');
    if (raw !== undefined) this.#addText(raw, true);
    else if (this.#text.startsWith('<!', this.#place)) throw this.#wrong('it declares a type or an entity');
    else if (this.#text.startsWith('</', this.#place)) this.#close();
    else this.#begin();
  }

  #skip(start: string, end: string): string | undefined {
    if (!this.#text.startsWith(start, this.#place)) return undefined;
    const from = this.#place + start.length;
    const to = this.#text.indexOf(end, from);
    if (to < 0) throw this.#wrong('it ends too early');
    this.#place = to + end.length;
    return this.#text.slice(from, to);
  }

  #begin(): void {
    this.#place += 1;
    this.#count();
    const element: Element = { name: this.#match(nameAt)[0], attributes: {}, children: [], text: '' };
    for (;;) {
      const [, name, double, single] = this.#matchIf(attributeAt) ?? [];
      if (name === undefined) break;
      this.#count();
      if (Object.hasOwn(element.attributes, name)) throw this.#wrong('an attribute stands twice');
      // Not by assignment: a name such as `__proto__` is a name like any other.
      const value = this.#decode(double ?? single ?? '');
      Object.defineProperty(element.attributes, name, { value, enumerable: true });
    }
    const parent = this.#open.at(-1);
    if (parent) parent.children.push(element);
    else if (this.#root) throw this.#wrong('it has two roots');
    else this.#root = element;
    if (this.#match(tagEndAt)[1] === '/') return;
    this.#open.push(element);
    if (this.#open.length > this.#limits.depth) throw this.#wrong('it is nested too deep');
  }

  /** Each element and each attribute takes far more memory than its text is long. */
  #count(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes) throw this.#wrong('it has too many elements and attributes');
  }

  #close(): void {
    this.#place += 2;
    const [name] = this.#match(nameAt);
    if (this.#match(tagEndAt)[1] === '/' || this.#open.pop()?.name !== name)
      throw this.#wrong('its tags do not match');
  }

  #addText(text: string, raw = false): void {
    const parent = this.#open.at(-1);
    if (parent) parent.text += raw ? text : this.#decode(text);
    else if (text.trim() !== '') throw this.#wrong('it has text outside of elements');
  }

  #decode(text: string): string {
    if (!text.includes('&')) return text;
    return text.replaceAll(/&([^;&\s]{0,12});?/g, (whole: string, name: string) => {
      if (!whole.endsWith(';')) throw this.#wrong('an & stands alone');
      const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
      if (code)
        return this.#character(code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16));
      const value = Object.hasOwn(named, name) ? named[name] : undefined;
      if (value === undefined) throw this.#wrong('it uses an entity');
      return value;
    });
  }

  #character(code: number): string {
    if (code === 0 || code > 0x10ffff) throw this.#wrong('a character that there is not');
    return String.fromCodePoint(code);
  }

  #match(pattern: RegExp): RegExpExecArray {
    const found = this.#matchIf(pattern);
    if (!found) throw this.#wrong('a tag cannot be read');
    return found;
  }

  #matchIf(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#place;
    const found = pattern.exec(this.#text);
    if (found) this.#place = pattern.lastIndex;
    return found ?? undefined;
  }

  #wrong(why: string): SyntaxError {
    return new SyntaxError(`not the XML we read, at character ${this.#place}: ${why}`);
  }
}

type Content = string | readonly Element[];

/** An element to be written; a text or elements inside. Attributes that are undefined are left out. */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  content: Content = '',
): Element {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) kept[key] = value;
  return typeof content === 'string'
    ? { name, attributes: kept, children: [], text: content }
    : { name, attributes: kept, children: [...content], text: '' };
}

/** An element that holds a text, which is the usual case. */
export function xmlText(name: string, text: string): Element {
  return xml(name, {}, text);
}

export function formatXml(element: Element): string {
  const { name, attributes, children, text } = element;
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const inside = escaped(children.length > 0 ? text.trim() : text) + children.map(formatXml).join('');
  const tag = name + written.join('');
  return inside === '' ? `<${tag}/>` : `<${tag}>${inside}</${name}>`;
}

/** Control characters that XML 1.0 has no form for become a question mark, so that a hostile name cannot break a message. */
function escaped(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;')
      .replaceAll(/[\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  );
}

export function child(element: Element | undefined, ...path: readonly string[]): Element | undefined {
  let found = element;
  for (const name of path) found = found?.children.find((one) => one.name === name);
  return found;
}

/** Text of an element below, without blanks around it; undefined when it is not there. */
export function textAt(element: Element | undefined, ...path: readonly string[]): string | undefined {
  return child(element, ...path)?.text.trim();
}

export function childrenNamed(element: Element | undefined, name: string): Element[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}
