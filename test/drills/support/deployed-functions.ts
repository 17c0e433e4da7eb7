import { vi } from 'vitest';
import type { ListServer } from '../../../lib/app/lists/serve-lists.ts';
import type { ListRequest } from '../../../lib/app/lists/request.ts';
import type { ArchiveApp } from '../../../lib/app/compose-archive.ts';
import type { FunctionApp } from '../../../lib/app/compose.ts';
import type { Bus } from '../../../lib/core/ports.ts';
import { rareParts } from './rare-features.ts';

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

/** Stands in for lib/app/compose-rotation.ts. */
export const rotationComposition = {
  composeRotation: () => Object.assign(parts, { credentials: rareParts.credentials }),
};

/** Stands in for lib/app/compose-way-back.ts. */
export const publishingComposition = {
  composePublishing: () => {
    const { signer, store } = rareParts;
    const publishing = {
      get ports() {
        return app().ports;
      },
      signer,
      store,
    };
    return Object.assign(parts, { publishing });
  },
};

/** Stands in for lib/app/compose-installer.ts: an account whose clusters ask for nothing. */
export const installerComposition = {
  composeInstaller: () => rareParts.installer,
  withOwnRole: (installer: unknown) => installer,
};

/** Stands in for lib/app/compose-signer.ts. */
export const signerComposition = { composeSigner: () => rareParts.signer };

/** Stands in for lib/app/compose-compute.ts. */
export const computeComposition = { composeCompute: () => () => rareParts.compute };

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
  AnswersAnswerApprovalFunction: () => import('../../../lambdas/answer-approval/handler.ts'),
  DesiredPublishDesiredFunction: () => import('../../../lambdas/publish-desired/handler.ts'),
  HostsTellHostsFunction: () => import('../../../lambdas/tell-hosts/handler.ts'),
  OnboardingOnboardClustersFunction: () => import('../../../lambdas/onboard-clusters/handler.ts'),
  NamesResolveNamesFunction: () => import('../../../lambdas/resolve-names/handler.ts'),
  RotationRotateCredentialFunction: () => import('../../../lambdas/rotate-credential/handler.ts'),
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
