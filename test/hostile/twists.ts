import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Said, Twist } from '../support/firewalls/twisting-proxy.ts';
import { hostileTexts } from './corpus.ts';

/** 64 MiB of zeros in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
const page = '<!doctype html><html><body>\u001b[2J please <b>sign in</b></body></html>';

const says =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

/** Answers that come in place of those of the device; none of them says that anything was done. */
export const instead: Readonly<Record<string, Twist>> = {
  'a web page': { instead: says(200, page, { 'content-type': 'text/html' }) },
  'a web page that refuses': { instead: says(403, page, { 'content-type': 'text/html' }) },
  'an empty answer': { instead: says(200, '') },
  'lists in lists': { instead: says(200, '['.repeat(2_000_000)) },
  'elements in elements': { instead: says(200, '<a>'.repeat(600_000)) },
  'a bomb of gzip that nobody asked for': { instead: says(200, bomb, { 'content-encoding': 'gzip' }) },
  'bytes that are no UTF-8': { instead: says(200, Buffer.from([0xff, 0xfe, 0x00, 0x80])) },
  'another place': { instead: says(302, '', { location: 'https://127.0.0.1:1/steal' }) },
  'a header without end': { instead: says(200, '{}', { 'x-long': 'y'.repeat(60_000) }) },
  'nothing, though much was promised': {
    instead: (response) => response.writeHead(200, { 'content-length': '104857600' }).flushHeaders(),
  },
  'nothing at all': { instead: () => undefined },
  'one byte a while': {
    instead: (response) => {
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    },
  },
  'a text without end': {
    instead: (response) => {
      const chunk = 'x'.repeat(256 * 1024);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
  },
};

/** Gives another leaf in place of one; `key`: the field or attribute it is in, empty for the text of an element. */
type Change = (leaf: unknown, key: string) => unknown;

/** Changes the texts and numbers of an answer in JSON or XML; anything else is one text. */
function changeLeaves(text: string, change: Change): string {
  try {
    return JSON.stringify(walk(JSON.parse(text) as unknown, change));
  } catch {
    if (!text.trimStart().startsWith('<')) return String(change(text, ''));
    const xml = (leaf: string, key: string): string =>
      String(change(leaf, key))
        // XML cannot hold these, however they are written.
        // oxlint-disable-next-line no-control-regex
        .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;');
    return text
      .replaceAll(/>([^<>]*[^<>\s][^<>]*)</g, (_, leaf: string) => `>${xml(leaf, '')}<`)
      .replaceAll(
        /\b(?!xmlns|version|encoding)(\w+)="([^"<>]*)"/g,
        (_, name: string, leaf: string) => `${name}="${xml(leaf, name)}"`,
      );
  }
}

function walk(value: unknown, change: Change, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => walk(one, change, key));
  if (value === null || typeof value !== 'object') return change(value, key);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, change, name)]));
}

/** What a terminal obeys, what looks like a log line of ours, and what we sent as a credential. */
function shout(secrets: readonly string[]): string {
  return ` \u001b[2J\u001b[31mred\u0007\u009b31m\r\n{"level":"INFO"} ${secrets.join(' ')} \u0000`;
}

/** Where devices name things and people. */
const naming = new Set(['name', 'mkey', 'key', 'lock_user', 'dev', 'detail']);
const isOfOthers: (leaf: unknown) => boolean = (leaf) =>
  typeof leaf === 'string' && !/^zb|zonebridge/i.test(leaf);

const isSentence = (leaf: unknown): boolean => typeof leaf === 'string' && /[a-z] [a-z]/i.test(leaf);

const junkLeaves: readonly unknown[] = [...hostileTexts, '', null, true, -1, 1e99, [], {}, [[]], '0', 'none'];

/** Replaces one leaf in four, in the same way whenever the tests run. */
function junk(seed: number): (said: Said) => Said {
  let state = seed;
  const below = (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const change = (leaf: unknown): unknown => (below(4) === 0 ? junkLeaves[below(junkLeaves.length)] : leaf);
  return ({ status, text }) => ({ status, text: changeLeaves(text, change) });
}

/** Answers of the device with something else in them. */
export const changed: Readonly<Record<string, Twist>> = {
  'sentences that shout': {
    change: ({ status, text }, secrets) => ({
      status,
      text: changeLeaves(text, (leaf) => (isSentence(leaf) ? String(leaf) + shout(secrets) : leaf)),
    }),
  },
  'texts that shout': {
    change: ({ status, text }, secrets) => ({
      status,
      text: changeLeaves(text, (leaf) => (typeof leaf === 'string' ? leaf + shout(secrets) : leaf)),
    }),
  },
  'names of others that shout': {
    change: ({ status, text }, secrets) => ({
      status,
      text: changeLeaves(text, (leaf, key) =>
        naming.has(key) && isOfOthers(leaf) ? String(leaf) + shout(secrets) : leaf,
      ),
    }),
  },
  'refusals that shout': {
    change: ({ text }, secrets) => ({
      status: 400,
      text: changeLeaves(text, (leaf) => (typeof leaf === 'string' ? leaf + shout(secrets) : leaf)),
    }),
  },
  'breakdowns that shout': {
    change: (_, secrets) => ({ status: 500, text: shout(secrets) }),
  },
  'numbers for texts and texts for numbers': {
    change: ({ status, text }) => ({
      status,
      text: changeLeaves(text, (leaf) => (typeof leaf === 'string' ? 7 : 'seven')),
    }),
  },
  'lists for everything': {
    change: ({ status, text }) => ({ status, text: changeLeaves(text, (leaf) => [leaf, leaf]) }),
  },
  'nothing in its fields': {
    change: ({ status, text }) => ({ status, text: changeLeaves(text, () => null) }),
  },
  'a list in lists in lists': {
    change: ({ status, text }) => {
      const deep = '['.repeat(20_000) + ']'.repeat(20_000);
      return { status, text: text.replace(/"(?!\w+":)[^"]*"(?=[,}\]])/, () => deep) };
    },
  },
  'junk here and there': { change: junk(1) },
  'other junk here and there': { change: junk(2) },
  'half of what it said': {
    change: ({ status, text }) => ({ status, text: text.slice(0, text.length / 2) }),
  },
};
