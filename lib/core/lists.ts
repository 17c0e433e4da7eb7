/** A firewall, or several that share a name, that fetch lists by themselves. */
export interface ListReader {
  name: string;
  /** Ranges that it comes from. */
  sources: readonly string[];
  /** It has to show the password of its name. */
  password: boolean;
  /** It has to show the client certificate with this subject (RFC 2253). */
  certificateSubject?: string;
  /** A firewall of it that fetched a list and then has not for so long is silent. */
  silentAfterMs: number;
}

/** After so long a silence a firewall counts as taken away, or its list as taken out of its rules: nobody has to say so. */
const goneMs = 7 * 24 * 60 * 60_000;

/** Whether who fetched a list `at` a time has stopped. Who never fetched is not meant. */
export function isSilent(at: number, { silentAfterMs }: ListReader, now: number): boolean {
  const silence = now - at;
  return silence > silentAfterMs && silence < silentAfterMs + goneMs;
}

/** Where lists lie and how firewalls reach them. */
export interface ListPlace {
  /** Made by the stack of the network; unique in the world. */
  bucket: string;
  region: string;
  /** Name that the firewalls ask for, and the certificate for it. */
  hostName: string;
  certificateArn: string;
  trustStoreArn?: string;
  readers: readonly ListReader[];
}

/** A list as it is to be served. `tag`: its version in the store; `filled`: it held a member once, so emptiness is meant. */
export interface ServedList {
  text: string;
  tag: string;
  filled: boolean;
}

export interface ListSource {
  /** Throws when the store does not answer. `known`: the tag of a copy that need not be sent again. */
  read(name: string, known: string | undefined): Promise<ServedList | 'unchanged' | 'missing'>;
}

/** Vendors whose objects are lists of ours that firewalls fetch: who may fetch, and how a list is written. */
export interface ListServing<Settings> {
  place(settings: Settings): ListPlace;
  /** Passwords that count, by reader, from a credential that `checkCredential` takes. */
  passwords(credential: string): ReadonlyMap<string, readonly string[]>;
  /** The list that these addresses are. */
  text(addresses: Iterable<string>): string;
}
