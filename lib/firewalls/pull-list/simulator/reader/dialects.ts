import { isIP } from 'node:net';

/** How a kind of firewall reads a list. */
export interface Dialect {
  /** Entries it keeps; the rest is cut without a word. */
  entriesMax: number;
  /** Bytes of a list that it reads. */
  bytesMax: number;
  /** Lines that begin with `#` are skipped; otherwise they are entries that it cannot read. */
  comments: boolean;
  /** `a-b` is an entry. */
  spans: boolean;
  /** It sends the version that it has, and takes 304. */
  conditional: boolean;
  /** It can send a name and a password. */
  authenticates: boolean;
  /** It asks for `<url>.md5` first, and fetches when that is another one than of the list that it has. */
  asksChecksum?: true;
  /** A list without an entry that it can read leaves the last one in force. */
  ignoresEmpty?: true;
  /** 401 or 403 take the list out of force; any other failure leaves the last one in force. */
  offWhenRefused: boolean;
}

const endless = Number.POSITIVE_INFINITY;

/**
 * What sources say of each (docs/lists.md names them). Assumptions: a generic text connector cuts what is beyond 10,000 and keeps its list
 * when it is refused; neither it nor PAN-OS asks conditionally; PAN-OS takes no comment lines; a feed of an FMC takes no spans, sends no
 * name and password, and reads the first 32 hex digits of a checksum.
 */
export const dialects: Readonly<Record<string, Dialect>> = {
  fortios: {
    entriesMax: 300_000,
    bytesMax: endless,
    comments: true,
    spans: true,
    conditional: true,
    authenticates: true,
    offWhenRefused: false,
  },
  // Before 7.4.4: 10 MB or 128 K entries for each list.
  'fortios-7.4.3': {
    entriesMax: 131_072,
    bytesMax: 10 * 1024 * 1024,
    comments: true,
    spans: true,
    conditional: true,
    authenticates: true,
    offWhenRefused: false,
  },
  'pan-os': {
    entriesMax: 50_000,
    bytesMax: endless,
    comments: false,
    spans: true,
    conditional: false,
    authenticates: true,
    offWhenRefused: true,
  },
  'generic-text': {
    entriesMax: 10_000,
    bytesMax: endless,
    comments: false,
    spans: false,
    conditional: false,
    authenticates: false,
    offWhenRefused: false,
  },
  // A Security Intelligence network feed of an FMC.
  'fmc-feed': {
    entriesMax: endless,
    bytesMax: 500 * 1024 * 1024,
    comments: true,
    spans: false,
    conditional: false,
    authenticates: false,
    asksChecksum: true,
    ignoresEmpty: true,
    offWhenRefused: false,
  },
};

export interface ReadEntries {
  entries: string[];
  /** Lines that are nothing it knows. */
  invalid: number;
  /** Entries beyond what it keeps. */
  cut: number;
}

/** Reads a list as a firewall of this kind does. */
export function readEntries(text: string, dialect: Dialect): ReadEntries {
  const lines = Buffer.from(text).subarray(0, dialect.bytesMax).toString('utf8').split(/\r?\n/);
  const found = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !(dialect.comments && line.startsWith('#')));
  const valid = found.filter((line) => isEntry(line, dialect));
  const entries = valid.slice(0, dialect.entriesMax);
  return { entries, invalid: found.length - valid.length, cut: valid.length - entries.length };
}

function isEntry(line: string, { spans }: Dialect): boolean {
  const [first = '', last, ...more] = line.split('-');
  if (spans && last !== undefined)
    return more.length === 0 && isIP(first) !== 0 && isIP(first) === isIP(last);
  const [address = '', length, ...rest] = line.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}
