import { createHash, timingSafeEqual } from 'node:crypto';
import type { ListPlace, ListReader } from '../../core/lists.ts';
import {
  canonicalAddress,
  inRanges,
  parseAddress,
  parseRanges,
  type Ranges,
} from '../../core/model/address.ts';
import { isTwice, type ListRequest, single } from './request.ts';

/** Who asked; `refused`: nobody who may. `password`: a password would help. */
export type Identified =
  | { reader: string; address: string }
  | { refused: 'source' | 'password' | 'doubt'; address: string };

export type Passwords = ReadonlyMap<string, readonly string[]>;

interface KnownReader extends ListReader {
  ranges: Ranges;
}

/** Longest `authorization` that is looked at: a name of 40, a password of 128 characters, in base64. */
const authorizationMax = 400;

/** Set by the load balancer: who is at the other end, and the subject of the certificate that it verified. */
const sourceHeader = 'x-forwarded-for';
const subjectHeader = 'x-amzn-mtls-clientcert-subject';
const believed = [sourceHeader, subjectHeader, 'authorization'];

/** The readers of one entry. */
export class Readers {
  readonly #readers: readonly KnownReader[];
  readonly #certificates: boolean;

  constructor({ readers, trustStoreArn }: Pick<ListPlace, 'readers' | 'trustStoreArn'>) {
    this.#readers = readers.map((reader) => ({ ...reader, ranges: parseRanges(reader.sources) }));
    // Without a trust store the load balancer checks no certificate, and the header is whatever somebody sent.
    this.#certificates = trustStoreArn !== undefined;
  }

  /** `passwords` is asked only when somebody shows one. */
  async identify(request: ListRequest, passwords: () => Promise<Passwords>): Promise<Identified> {
    const from = sourceOf(request);
    if (from === undefined || believed.some((name) => isTwice(request, name)))
      return { refused: 'doubt', address: from ?? 'unknown' };
    const subject = single(request, subjectHeader);
    const here = this.#readers.filter(({ ranges }) => inRanges(parseAddress(from), ranges));
    if (here.length === 0) return { refused: 'source', address: from };
    const fitting = here.filter(
      ({ certificateSubject }) =>
        certificateSubject === undefined || (this.#certificates && certificateSubject === subject),
    );
    const shown = basic(single(request, 'authorization'));
    const found = shown ? await named(fitting, shown, passwords) : fitting.find((reader) => !reader.password);
    return found ? { reader: found.name, address: from } : { refused: 'password', address: from };
  }
}

async function named(
  readers: readonly KnownReader[],
  { user, password }: { user: string; password: string },
  passwords: () => Promise<Passwords>,
): Promise<KnownReader | undefined> {
  const known = await passwords();
  const reader = readers.find((one) => one.password && one.name === user);
  // Someone unknown is compared, too: the time says nothing about which names there are.
  const expected = (reader && known.get(reader.name)) ?? [];
  const [one = '', other = one] = expected;
  const fits = [isSame(password, one), isSame(password, other)].some(Boolean);
  return fits && expected.length > 0 ? reader : undefined;
}

/** Takes the same time wherever the first difference is, and whatever the lengths are. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

function basic(authorization: string | undefined): { user: string; password: string } | undefined {
  if (authorization === undefined || authorization.length > authorizationMax) return undefined;
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The load balancer adds the address that it sees behind whatever was sent; only the last one counts. */
function sourceOf(request: ListRequest): string | undefined {
  const forwarded = single(request, sourceHeader);
  if (forwarded === undefined || forwarded.length > 2_000) return undefined;
  try {
    return canonicalAddress(forwarded.split(',').at(-1)?.trim() ?? '');
  } catch {
    return undefined;
  }
}
