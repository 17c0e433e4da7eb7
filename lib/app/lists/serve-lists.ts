import { ZonebridgeError } from '../../core/errors.ts';
import type { ServingFirewall } from '../../core/firewall.ts';
import type { ListServing, ListSource } from '../../core/lists.ts';
import { names } from '../names.ts';
import type { ServingPorts } from '../ports.ts';
import type { Configurations } from '../state/configurations.ts';
import { moduleOf } from '../targets.ts';
import { unknownFirewall } from '../unknown-name.ts';
import { Kept } from './kept.ts';
import { FetchNotes } from './notes.ts';
import { type Identified, type Passwords, Readers } from './reader.ts';
import { type ListAnswer, type ListRequest, plain, single } from './request.ts';
import { type Copy, Shelf } from './shelf.ts';
import { checksumOf } from './version.ts';

const configurationMs = 15_000;
const passwordsMs = 60_000;
/** Longest path that is looked at. */
const pathMax = 200;
/** What the load balancer takes from a function: 1 MB of JSON, in which a line end has two characters. Some room for the headers. */
const answerMax = 1_000_000;
const later = { 'retry-after': '30' };

interface Entry {
  serving: ListServing<unknown>;
  open: NonNullable<ServingFirewall['openLists']>;
  settings: unknown;
  readers: Readers;
}

/** Serves the lists of one entry. One of it per process: it keeps copies of all it needs, and goes on with them while the rest is down. */
export class ListServer {
  readonly #ports: ServingPorts;
  readonly #firewall: string;
  readonly #entry: Kept<Entry>;
  readonly #passwords: Kept<Passwords>;
  readonly #shelf: Shelf;
  readonly #notes: FetchNotes;
  #source: Promise<ListSource> | undefined;

  constructor(
    { ports, configurations }: { ports: ServingPorts; configurations: Configurations },
    firewall: string,
  ) {
    this.#ports = ports;
    this.#firewall = firewall;
    this.#shelf = new Shelf(ports);
    this.#notes = new FetchNotes(ports, firewall);
    this.#entry = new Kept(ports, {
      name: 'configuration',
      maxAgeMs: configurationMs,
      read: async () => {
        const entry = entryOf(ports, await configurations.active(), firewall);
        this.#source = undefined;
        return entry;
      },
    });
    this.#passwords = new Kept(ports, {
      name: 'passwords',
      maxAgeMs: passwordsMs,
      read: async () => await this.#readPasswords(),
    });
  }

  /** Never throws for what was asked; what cannot be told now is 503, which leaves the last list of a firewall in force. */
  async answer(request: ListRequest): Promise<ListAnswer> {
    let who: Identified;
    let entry: Entry;
    try {
      entry = await this.#entry.get();
      who = await entry.readers.identify(request, async () => await this.#passwords.get());
    } catch (error) {
      this.#ports.telemetry.warn('nobody can be served', { problem: String(error) });
      return plain(503, 'not ready', later);
    }
    if ('refused' in who) {
      this.#notes.refused(who);
      return refusal(who.refused);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return plain(405, 'GET and HEAD only', { allow: 'GET, HEAD' });
    const list = listName(request.path);
    if (list === undefined) return plain(404, 'no such list');
    this.#source ??= entry.open(entry.settings, this.#ports.clock);
    const { name, copy, asksChecksum } = await this.#find(list, this.#source);
    if (copy === 'missing') return plain(404, 'no such list, or one that never held a member');
    if (copy === 'unknown' || !fits(copy)) return plain(503, 'the list cannot be read now', later);
    const answer = asksChecksum ? plain(200, checksumOf(copy.text)) : answerOf(request, copy);
    // Whoever only asked what there is has no version of it.
    if (request.method === 'HEAD') return { ...answer, body: '' };
    const fetch = { list: name, reader: who.reader, address: who.address, version: copy.version };
    if (asksChecksum) await this.#notes.noteHeld(fetch);
    else await this.#notes.note(fetch);
    return answer;
  }

  /** The list of a name, or the one of which it names the checksum. */
  async #find(
    list: string,
    source: Promise<ListSource>,
  ): Promise<{ name: string; copy: Copy | 'missing' | 'unknown'; asksChecksum: boolean }> {
    const read = async (name: string): Promise<Copy | 'missing' | 'unknown'> =>
      await this.#shelf.read(name, async () => await source);
    const copy = await read(list);
    const name = list.replace(/\.md5$/, '');
    if (copy !== 'missing' || name === list) return { name: list, copy, asksChecksum: false };
    return { name, copy: await read(name), asksChecksum: true };
  }

  async #readPasswords(): Promise<Passwords> {
    const { hub, secrets } = this.#ports;
    const { serving } = await this.#entry.get();
    return serving.passwords(await secrets.read(names.secret(hub, this.#firewall)));
  }
}

function entryOf(
  ports: ServingPorts,
  { configuration }: Awaited<ReturnType<Configurations['active']>>,
  firewall: string,
): Entry {
  const settings = configuration.firewalls[firewall];
  if (!settings) throw unknownFirewall(configuration, firewall);
  const { serving, openLists: open, displayName } = moduleOf(ports.firewalls, settings);
  if (!serving || !open)
    throw new ZonebridgeError('firewall/unsupported', `${firewall}: nobody fetches from a ${displayName}`);
  return {
    serving,
    open,
    settings: settings.settings,
    readers: new Readers(serving.place(settings.settings)),
  };
}

function refusal(why: 'source' | 'password' | 'doubt'): ListAnswer {
  if (why === 'doubt') return plain(400, 'a header was sent twice, or none says where this comes from');
  if (why === 'source') return plain(403, 'not from here');
  return plain(401, 'name and password of a reader are needed', {
    'www-authenticate': 'Basic realm="lists", charset="UTF-8"',
  });
}

/** The one part of the path; undefined for any other path. Names need no encoding. */
function listName(path: string): string | undefined {
  if (path.length > pathMax) return undefined;
  return /^\/([A-Za-z0-9][A-Za-z0-9._-]*)$/.exec(path)?.[1];
}

function fits({ text }: Copy): boolean {
  return JSON.stringify(text).length <= answerMax;
}

/** RFC 9110: the entity tag of the compressed form is another one; both name the same version. */
function answerOf(request: ListRequest, { text, version, gzip }: Copy): ListAnswer {
  const compressed = acceptsGzip(single(request, 'accept-encoding')) && gzip.length < text.length;
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    vary: 'accept-encoding',
    etag: compressed ? `"${version}-gz"` : `"${version}"`,
  };
  if (knows(single(request, 'if-none-match'), version)) return { status: 304, headers, body: '' };
  if (!compressed) return { status: 200, headers, body: text };
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzip };
}

function knows(condition: string | undefined, version: string): boolean {
  if (condition === undefined || condition.length > 2_000) return false;
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${version}"`) || tags.includes(`"${version}-gz"`);
}

function acceptsGzip(accepted: string | undefined): boolean {
  if (accepted === undefined || accepted.length > 500) return false;
  return accepted.split(',').some((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
    return coding === 'gzip' && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
