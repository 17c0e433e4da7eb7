import { createHash } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { type Dialect, readEntries, type ReadEntries } from './dialects.ts';

export interface ReaderOptions {
  url: string;
  /** Authority (PEM) that the certificate of the server must lead to. */
  ca: string;
  dialect: Dialect;
  login?: { user: string; password: string } | undefined;
  timeoutMs?: number | undefined;
}

/** What one look at the list came to. */
export interface Poll {
  /** HTTP status, or the code of what went wrong below HTTP. */
  result: number | string;
  /** Another list than before is in force. */
  changed: boolean;
}

interface Answer {
  status: number;
  tag: string | undefined;
  text: string;
}

/** A simulated firewall that fetches one list by itself and keeps the last good one. */
export class ListReader {
  readonly #options: ReaderOptions;
  #held: ReadEntries | undefined;
  #tag: string | undefined;
  #checksum: string | undefined;

  /** Throws RangeError for an address that is none, or a login that this kind of firewall cannot send. */
  constructor(options: ReaderOptions) {
    if (!URL.canParse(options.url) || new URL(options.url).protocol !== 'https:')
      throw new RangeError(`${options.url} is not an https address.`);
    if (options.login && !options.dialect.authenticates)
      throw new RangeError('This kind of reader sends no name and password.');
    this.#options = options;
  }

  /** What is in force; undefined before the first list, and when the list was taken out of force. */
  get held(): ReadEntries | undefined {
    return this.#held;
  }

  async poll(): Promise<Poll> {
    const { dialect, url } = this.#options;
    let answer: Answer;
    try {
      if (dialect.asksChecksum && (await this.#hasChecksumOf(`${url}.md5`)))
        return { result: 'same checksum', changed: false };
      answer = await this.#ask(url);
    } catch (error) {
      return { result: codeOf(error), changed: false };
    }
    const { status, tag, text } = answer;
    if (status === 200) {
      this.#tag = tag;
      const read = readEntries(text, dialect);
      if (dialect.ignoresEmpty && read.entries.length === 0) return { result: status, changed: false };
      this.#checksum = createHash('md5').update(text).digest('hex');
      return { result: status, changed: this.#hold(read) };
    }
    const off = (status === 401 || status === 403) && dialect.offWhenRefused;
    return { result: status, changed: off && this.#hold(undefined) };
  }

  #hold(list: ReadEntries | undefined): boolean {
    const before = JSON.stringify(this.#held);
    this.#held = list;
    if (!list) this.#tag = undefined;
    return JSON.stringify(list) !== before;
  }

  /** Without a checksum the list itself is fetched. */
  async #hasChecksumOf(url: string): Promise<boolean> {
    const { status, text } = await this.#ask(url);
    return status === 200 && /[0-9a-f]{32}/i.exec(text)?.[0].toLowerCase() === this.#checksum;
  }

  async #ask(url: string): Promise<Answer> {
    const { ca, login, dialect, timeoutMs = 10_000 } = this.#options;
    const headers: Record<string, string> = { 'accept-encoding': 'gzip' };
    if (dialect.conditional && this.#tag !== undefined) headers['if-none-match'] = this.#tag;
    const auth = login === undefined ? {} : { auth: `${login.user}:${login.password}` };
    return await new Promise<Answer>((resolve, reject) => {
      const call = httpsRequest(
        url,
        { ca, headers, agent: false, timeout: timeoutMs, ...auth },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = Buffer.concat(parts);
            const text = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
            resolve({
              status: response.statusCode ?? 0,
              tag: response.headers.etag,
              text: text.toString('utf8'),
            });
          });
        },
      );
      call.on('timeout', () => call.destroy(new DOMException('no answer in time', 'TimeoutError')));
      call.on('error', reject);
      call.end();
    });
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
