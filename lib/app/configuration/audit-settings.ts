import type { HubConfiguration } from './model.ts';

/** How the audit archive is kept (`hub.audit`). */
export interface AuditSettings {
  /**
   * `compliance`: nobody can delete or shorten before its time, the account's root neither. `governance`: only who has the right to
   * bypass it. `none`: for a hub that is thrown away.
   */
  lock: 'compliance' | 'governance' | 'none';
  /** Days for which a lock keeps an object. */
  retainDays: number;
  /** Days for which questions about the past are answered quickly; the archive keeps more. */
  historyDays: number;
}

export const auditDefaults: AuditSettings = { lock: 'governance', retainDays: 365, historyDays: 90 };

export function auditSettings({ audit }: HubConfiguration): AuditSettings {
  return {
    lock: audit?.lock ?? auditDefaults.lock,
    retainDays: audit?.retainDays ?? auditDefaults.retainDays,
    historyDays: audit?.historyDays ?? auditDefaults.historyDays,
  };
}
