import { ZonebridgeError } from '../core/errors.ts';
import type { FirewallModule } from '../core/firewall.ts';

/** Throws `secret/not-needed` where there is no secret that could hold a credential. */
export function checkNeedsCredential(module: FirewallModule, firewall: string): void {
  if (!module.withoutCredential) return;
  throw new ZonebridgeError(
    'secret/not-needed',
    `${firewall} has no credential: ${module.displayName} knows whoever calls by its own role`,
  );
}
