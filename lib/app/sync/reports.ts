import type { ObjectRef, ObjectReport } from '../../core/firewall.ts';

/**
 * Finds the report about an object. Reports tell by themselves what they are about: a module may call channel by channel, so their order
 * says nothing, and an outcome that was noted for another group would make the ledger claim what the firewall does not have.
 */
export function reportsByObject(
  reports: readonly ObjectReport[],
): (object: ObjectRef) => ObjectReport | undefined {
  const byKey = new Map(reports.map((report) => [keyOf(report.object), report]));
  return (object) => byKey.get(keyOf(object));
}

function keyOf({ channel, name, group }: ObjectRef): string {
  return JSON.stringify([channel, name, group]);
}
