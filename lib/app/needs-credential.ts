import { ZonebridgeError } from '../core/errors.ts';
import type { FirewallDescription } from '../core/firewall.ts';
import { names } from './names.ts';
import type { Ports } from './ports.ts';

/** Throws `secret/not-needed` where there is no secret that could hold a credential. */
export function checkNeedsCredential(module: FirewallDescription, firewall: string): void {
  if (!module.withoutCredential) return;
  throw new ZonebridgeError(
    'secret/not-needed',
    `${firewall} has no credential: ${module.displayName} knows whoever calls by its own role`,
  );
}

/** The credential in use; empty for a firewall that needs none. Throws what the store of secrets refuses. */
export async function storedCredential(
  { hub, secrets }: Pick<Ports, 'hub' | 'secrets'>,
  module: FirewallDescription,
  firewall: string,
): Promise<string> {
  return module.withoutCredential ? '' : await secrets.read(names.secret(hub, firewall));
}
