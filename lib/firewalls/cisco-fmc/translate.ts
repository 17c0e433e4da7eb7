import ipaddr from 'ipaddr.js';
import { canonicalAddress } from '../../core/model/address.ts';

/** Mappings and literals are kept as they are typed, and we type the canonical form. */
export function canonical(address: string): string {
  return canonicalAddress(address);
}

/**
 * Members of a dynamic object from its mappings. A single address comes in our form, anything else as the manager wrote it, so that a
 * removal of that text finds it. Assumption: a manager that rewrites single addresses to `/32` and `/128` does so with all of them; a
 * single one beside plain addresses was typed by a person.
 */
export function membersOf(mappings: readonly string[]): string[] {
  const plain = mappings.map(single);
  const rewritten = plain.every((address) => address === undefined);
  const members = mappings.map(
    (text, index) => plain[index] ?? (rewritten ? wholeAddress(text) : undefined) ?? text,
  );
  return [...new Set(members)];
}

/** The address of `10.1.2.3/32` or `fd00::1/128`. */
function wholeAddress(text: string): string | undefined {
  const match = /^(.+)\/(32|128)$/.exec(text);
  const address = single(match?.[1] ?? '');
  const bits = address?.includes(':') ? '128' : '32';
  return match?.[2] === bits ? address : undefined;
}

/** One address in our form; undefined for everything else. */
export function single(text: string): string | undefined {
  try {
    return canonicalAddress(text);
  } catch {
    // The manager may write zeros that our parser refuses as ambiguous; IPv6 has no such ambiguity.
    return ipaddr.IPv6.isValid(text) && !text.includes('%') && !text.includes('.')
      ? ipaddr.IPv6.parse(text).toRFC5952String()
      : undefined;
  }
}
