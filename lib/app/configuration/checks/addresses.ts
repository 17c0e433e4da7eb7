import type { Draft } from '../draft.ts';
import type { Report } from '../report.ts';

/**
 * What the configuration alone tells about addresses that firewalls see: nodes share theirs with all their pods, and what that means depends
 * on what lies behind the firewall. Whether pods are seen is for `plan`, which knows the clusters' networks.
 */
export function warnAboutSharedAddresses(draft: Draft, report: Report): void {
  for (const { name, addresses, clusters, publish } of draft.groups.values()) {
    // Nobody shares the address of a host.
    const hostsAlone = clusters?.every((key) => draft.declared.hosts.has(key)) === true;
    if (addresses !== 'node' || hostsAlone) continue;
    const silent = publish
      .map(({ firewall }) => firewall)
      .filter((id) => draft.firewalls.has(id) && draft.firewalls.get(id)?.destinations === undefined);
    if (silent.length === 0) continue;
    const message = `node addresses stand for every pod on those nodes; say in \`destinations\` of ${silent.join(', ')} what lies behind, so that \`zonebridge egress-policy ${name}\` can keep the others out`;
    report.warning(['groups', name, 'addresses'], message);
  }
}
