import { maskedPrefix } from '../model/address.ts';
import { quoted } from '../model/quoted.ts';

/** As Go reads a boolean, which all these plugins are written in. */
export function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(?:1|t|true)$/i.test(text);
}

export function isFalse(text: string | undefined): boolean {
  return text !== undefined && /^(?:0|f|false)$/i.test(text);
}

/** A value as it stands there, or its default. */
export function written(text: string | undefined, unset: string): string {
  if (text === undefined) return `${unset} (the default)`;
  return /^[a-z0-9]{1,10}$/i.test(text) ? text : quoted(text);
}

const named = 3;

/** The first few names. */
export function nameList(objects: readonly { name: string }[]): string {
  const names = objects.slice(0, named).map(({ name }) => (/^[a-z0-9.-]+$/.test(name) ? name : quoted(name)));
  return `${names.join(', ')}${objects.length > named ? ` and ${objects.length - named} more` : ''}`;
}

/** Canonical IPv4 ranges, each once; what is none is passed over, as the plugins do. */
export function ipv4Ranges(texts: readonly string[]): string[] {
  const ranges = texts.map((text) => maskedPrefix(text.trim()));
  return [...new Set(ranges.filter((range) => range !== undefined && !range.includes(':')))] as string[];
}
