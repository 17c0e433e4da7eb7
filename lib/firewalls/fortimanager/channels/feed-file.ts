import { single } from '../translate.ts';

/** A hosted feed file: the comment in its first line, then one entry a line. */
export interface FeedFile {
  comment: string;
  /** An address in our form, anything else as it stands. */
  entries: ReadonlySet<string>;
}

/**
 * Reads a file. Lines that begin with `#` are comments, which FortiGates skip, as the description of the format for Fortinet's feeds says;
 * the mark stands in them. Blank lines are skipped, too.
 */
export function parseFeed(content: string): FeedFile {
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const comments = lines.filter((line) => line.startsWith('#')).map((line) => line.replace(/^#+\s*/, ''));
  const entries = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => single(line) ?? line);
  return { comment: comments.join(' '), entries: new Set(entries) };
}

export function formatFeed({ comment, entries }: FeedFile): string {
  const head = comment === '' ? [] : [`# ${comment}`];
  return `${[...head, ...entries].join('\n')}\n`;
}
