const markWord = 'zonebridge:mark:';
const shortWord = 'zb:';
/** Longest text of `connector-source`, the only field of a tag in which a word may stand. */
export const sourceLength = 35;

/** The mark of a comment as a tag can hold it: its field takes 35 characters, `zb:` and the 32 digits of the hash. */
export function shortMark(comment: string): string {
  const word = comment.split(' ').find((one) => one.startsWith(markWord)) ?? '';
  return shortWord + word.slice(markWord.length);
}

/** What stands in the field, with a shortened mark spelled out, so that the plan knows it. */
export function fullMark(source: string): string {
  return /^zb:[0-9a-f]{32}$/.test(source) ? markWord + source.slice(shortWord.length) : source;
}
