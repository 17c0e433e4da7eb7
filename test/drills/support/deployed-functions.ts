import { vi } from 'vitest';
import type { FunctionApp } from '../../../lib/app/compose.ts';

/** The app that the handlers work with: they compose once, drills change what is behind it. */
let current: FunctionApp | undefined;

export function deploy(app: FunctionApp): void {
  current = app;
}

function app(): FunctionApp {
  if (!current) throw new Error('nothing is deployed');
  return current;
}

/** Stands in for lib/app/compose.ts in a test of the real handlers. */
export const composition = {
  composeFunction: (): FunctionApp => ({
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
  }),
};

export type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const load: Record<string, () => Promise<unknown>> = {
  IngestDeltasFunction: () => import('../../../lambdas/ingest-deltas/handler.ts'),
  SweepFunction: () => import('../../../lambdas/sweep/handler.ts'),
  SyncFirewallFunction: () => import('../../../lambdas/sync-firewall/handler.ts'),
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
