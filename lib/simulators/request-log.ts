/** What was asked of the device, by method and path with the keys taken out. */
export interface RequestCount {
  method: string;
  /** Such as `/api/v2/cmdb/firewall/addrgrp/{key}/member/{key}`. */
  pattern: string;
  count: number;
  /** Bytes of bodies; headers are not counted. */
  bytesReceived: number;
  bytesSent: number;
  /** Answers by status; 0 stands for a connection that was cut. */
  statuses: Record<string, number>;
}

export class RequestLog {
  readonly #counts = new Map<string, RequestCount>();
  readonly #patternOf: (path: string) => string;

  /** `patternOf` takes what differs from object to object out of a path. */
  constructor(patternOf: (path: string) => string) {
    this.#patternOf = patternOf;
  }

  add(
    request: { method: string; path: string },
    status: number,
    bytes: { received: number; sent: number },
  ): void {
    const pattern = this.#patternOf(request.path);
    const key = `${request.method} ${pattern}`;
    const entry = this.#counts.get(key) ?? {
      method: request.method,
      pattern,
      count: 0,
      bytesReceived: 0,
      bytesSent: 0,
      statuses: {},
    };
    entry.count += 1;
    entry.bytesReceived += bytes.received;
    entry.bytesSent += bytes.sent;
    entry.statuses[status] = (entry.statuses[status] ?? 0) + 1;
    this.#counts.set(key, entry);
  }

  list(): RequestCount[] {
    return [...this.#counts.values()];
  }

  clear(): void {
    this.#counts.clear();
  }
}
