/**
 * Hostile text for a message: in quotes, on one line, printable ASCII alone, cut after `limit` characters.
 * What is not printable (line breaks, terminal controls, direction marks, letters that look like others) is shown as `\u{...}`.
 */
export function quoted(text: string, limit = 60): string {
  if (text.length <= limit && /^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let shown = '';
  let count = 0;
  for (const character of text) {
    if (count === limit) return `"${shown}..."`;
    shown += /[ !#-[\]-~]/.test(character) ? character : escaped(character);
    count++;
  }
  return `"${shown}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
