/** A request as the device sees it, complete with its body. */
export interface ApiRequest {
  method: string;
  /** Path as sent, still percent-encoded, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Address of the sender. */
  source: string;
}

export interface ApiAnswer {
  status: number;
  headers?: Readonly<Record<string, string | string[]>>;
  body: string;
}

export function jsonAnswer(status: number, body: unknown): ApiAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** What a web server in front of the API answers: no JSON. */
export function pageAnswer(status: number, title: string, headers: Record<string, string> = {}): ApiAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body: `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  };
}

export function header(request: ApiRequest, name: string): string {
  const value = request.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Path parts after a prefix, percent-decoded, trailing slashes ignored; undefined when a part cannot be decoded. */
export function pathParts(path: string, prefix: string): string[] | undefined {
  try {
    return path.slice(prefix.length).replace(/\/+$/, '').split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
