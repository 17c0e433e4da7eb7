import { readFile } from 'node:fs/promises';
import { dialects } from './dialects.ts';
import { ListReader, type ReaderOptions } from './reader.ts';

export interface ReaderCommand {
  url: string;
  /** File with the authority of the server. */
  ca: string;
  dialect: string;
  user?: string | undefined;
  passwordFile?: string | undefined;
  everySeconds: number;
  once: boolean;
}

/**
 * Fetches a list as a firewall would and prints one JSON line for each look at it, until it is stopped or after the first with `once`.
 * Throws RangeError for options that do not fit.
 */
export async function simulateListReader(
  options: ReaderCommand,
  print: (line: string) => void,
  stopped: Promise<unknown>,
): Promise<void> {
  const { user, passwordFile } = options;
  if ((user === undefined) !== (passwordFile === undefined))
    throw new RangeError('Give both --user and --password-file, or neither.');
  const login =
    user === undefined || passwordFile === undefined
      ? undefined
      : { user, password: (await readFile(passwordFile, 'utf8')).trim() };
  const ca = await readFile(options.ca, 'utf8');
  const reader = listReader(options.dialect, { url: options.url, ca, login });
  let ended = false;
  void stopped.then(() => (ended = true));
  for (;;) {
    const { result, changed } = await reader.poll();
    const { entries, invalid, cut } = reader.held ?? {};
    const list = changed || options.once ? { entries } : {};
    print(JSON.stringify({ result, changed, held: entries?.length ?? null, invalid, cut, ...list }));
    if (options.once || ended) return;
    await Promise.race([new Promise((resolve) => setTimeout(resolve, options.everySeconds * 1000)), stopped]);
    if (ended) return;
  }
}

/** A simulated firewall of a dialect, which fetches one list. Throws RangeError for what it does not know or cannot send. */
export function listReader(name: string, options: Omit<ReaderOptions, 'dialect'>): ListReader {
  const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined;
  if (!dialect)
    throw new RangeError(`There is no dialect ${name}; known: ${Object.keys(dialects).join(', ')}.`);
  return new ListReader({ ...options, dialect });
}
