import type { Quarantine, Quarantines } from '../../core/plan/quarantine.ts';
import type { Ports } from '../ports.ts';
import { configurationPointer } from '../state/configurations.ts';
import { changeQuarantines } from '../state/quarantines.ts';

/** Adds addresses to a quarantine; also for ingest, before an endpoint's new address becomes a member of anything. */
export function extendQuarantine(
  ports: Ports,
  id: string,
  addresses: readonly string[],
): Promise<Quarantines> {
  const extendedAt = ports.clock.now();
  return changeQuarantine(ports, id, (one) => ({
    ...one,
    extendedAt,
    addresses: [...new Set([...one.addresses, ...addresses])],
  }));
}

/** Changes one quarantine; nothing when it was lifted meanwhile. */
export function changeQuarantine(
  ports: Ports,
  id: string,
  update: (one: Quarantine) => Quarantine,
): Promise<Quarantines> {
  return changeQuarantines(ports.tables, configurationPointer, (all) =>
    all.some((one) => one.id === id) ? all.map((one) => (one.id === id ? update(one) : one)) : undefined,
  );
}
