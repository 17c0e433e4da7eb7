import { vi } from 'vitest';
import type { ListServer } from '../../../lib/app/lists/serve-lists.ts';
import type { ListRequest } from '../../../lib/app/lists/request.ts';
import type { ArchiveApp } from '../../../lib/app/compose-archive.ts';
import type { FunctionApp } from '../../../lib/app/compose.ts';
import type { Bus } from '../../../lib/core/ports.ts';

/** The app that the handlers work with: they compose once, drills change what is behind it. */
let current: DrillApp | undefined;

type DrillApp = FunctionApp & Pick<ArchiveApp, 'audit'> & { lists: ListServer };

export function deploy(app: DrillApp): void {
  current = app;
}

function app(): DrillApp {
  if (!current) throw new Error('nothing is deployed');
  return current;
}

const parts: FunctionApp = {
  get ports() {
    return app().ports;
  },
  get configurations() {
    return app().configurations;
  },
  get usage() {
    return app().usage;
  },
  postpone: (record, seconds) => app().postpone(record, seconds),
};

/** Stands in for lib/app/compose.ts in a test of the real handlers. */
export const composition = { composeFunction: (): FunctionApp => parts };

/** Stands in for lib/app/compose-devices.ts: the ports of a drill know whole modules. */
export const deviceComposition = { composeDeviceFunction: (): FunctionApp => parts };

/** Stands in for lib/app/compose-bus.ts: nobody listens to the hub. */
export const busComposition = { composeBus: (): Bus => ({ put: async () => undefined }) };

/** Stands in for lib/app/compose-archive.ts. The changes come as the stream in memory has them, already read. */
export const archiveComposition = {
  composeArchiveFunction: (): ArchiveApp =>
    Object.defineProperty(parts as ArchiveApp, 'audit', { get: () => app().audit, configurable: true }),
};
Object.assign(parts, { historyDays: 90, changesOf: (records: unknown) => records });

/** Stands in for lib/app/compose-lists.ts. */
export const listsComposition = {
  composeLists: () => ({ answer: async (request: ListRequest) => await app().lists.answer(request) }),
};

export type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const load: Record<string, () => Promise<unknown>> = {
  IngestDeltasFunction: () => import('../../../lambdas/ingest-deltas/handler.ts'),
  SweepFunction: () => import('../../../lambdas/sweep/handler.ts'),
  SyncFirewallFunction: () => import('../../../lambdas/sync-firewall/handler.ts'),
  AuditArchiveChangesFunction: () => import('../../../lambdas/archive-changes/handler.ts'),
  ListsedgeServeListsFunction: () => import('../../../lambdas/serve-lists/handler.ts'),
  ReconcileFirewallFunction: () => import('../../../lambdas/reconcile-firewall/handler.ts'),
};

/** The real handler of a deployed function, by its place in the templates. A new function gets a line above. */
export async function handlerOf(place: string): Promise<Handler> {
  const loader = load[place.slice(place.lastIndexOf('/') + 1)];
  if (!loader) throw new Error(`no handler known for ${place}`);
  return ((await loader()) as { handler: Handler }).handler;
}

/** Lets the printed times follow the clock of the drill. */
export function useDrillTime(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
}
