/** What a firewall asked for, as the load balancer passed it on. */
export interface ListRequest {
  method: string;
  /** As sent, still percent-encoded, without the query. */
  path: string;
  /** By name in lower case; each value that was sent, in order. */
  headers: Readonly<Record<string, readonly string[] | undefined>>;
}

export interface ListAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Text, or compressed bytes where `content-encoding` says so. */
  body: string | Uint8Array;
}

/** The value of a header. Of one that was sent more often nobody knows which value others have read: see {@link isTwice}. */
export function single({ headers }: ListRequest, name: string): string | undefined {
  return headers[name]?.[0];
}

export function isTwice({ headers }: ListRequest, name: string): boolean {
  return (headers[name]?.length ?? 0) > 1;
}

export function plain(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): ListAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}
