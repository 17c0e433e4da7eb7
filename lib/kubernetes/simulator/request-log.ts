import type { Route } from './route.ts';

/** What was asked of the API, by verb and kind. */
export interface RequestCount {
  method: string;
  /** Such as `/api/v1/pods`, without names and namespaces; other paths as they are. */
  pattern: string;
  count: number;
  /** Answers by status; `watch` for those that stay open, 0 for a connection that was cut or left open. */
  statuses: Record<string, number>;
}

export class RequestLog {
  readonly #counts = new Map<string, RequestCount>();

  add(method: string, pattern: string, status: number | 'watch'): void {
    const key = `${method} ${pattern}`;
    const entry = this.#counts.get(key) ?? { method, pattern, count: 0, statuses: {} };
    entry.count += 1;
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

export function patternOf(path: string, route: Route | undefined): string {
  if (!route) return path;
  const { name, namespace, resource, subresource } = route;
  const parts = [
    resource.plural,
    ...(namespace === '' ? [] : ['{namespace}']),
    ...(name === '' ? [] : ['{name}']),
    ...(subresource === '' ? [] : [subresource]),
  ];
  return parts.join('/');
}
