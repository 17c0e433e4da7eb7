import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { Report } from '../report.ts';

/** A readiness gate says that the firewalls have an address; where they act on it only later, a pod serves before they let it. */
export function warnAboutGates(draft: Draft, modules: Modules, report: Report): void {
  for (const [key, { gates = {} }] of draft.clusters) {
    if (Object.keys(gates).length === 0) continue;
    for (const { name, clusters, publish } of draft.groups.values()) {
      if (clusters !== undefined && !clusters.includes(key)) continue;
      for (const { firewall, channel, mode } of publish) {
        const kind = draft.firewalls.get(firewall)?.kind ?? '';
        const later = modules[kind]?.facts.channels[channel]?.actsAfter;
        if (later === undefined || mode === 'observe') continue;
        report.warning(
          ['clusters', key, 'gates'],
          `open before ${firewall} acts on ${name}: its members act there only after ${later}`,
        );
      }
    }
  }
}
