/** Text of a device for a message: one line, without control characters, at most 200 characters. */
export function printable(text: string | readonly unknown[] | undefined): string {
  const joined =
    typeof text === 'string' ? text : (text ?? []).filter((line) => typeof line === 'string').join('; ');
  // oxlint-disable-next-line no-control-regex
  const clean = joined.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return clean.length <= 200 ? clean : `${clean.slice(0, 90)} ... ${clean.slice(-100)}`;
}
