import type { Draft } from '../draft.ts';
import type { Report } from '../report.ts';

/** What is allowed but probably not meant. */
export function warnAboutUnused(draft: Draft, report: Report): void {
  if (draft.hub?.alarmEmails.length === 0) {
    report.warning(
      ['hub', 'alarmEmails'],
      'is empty: alarms reach nobody unless you subscribe to the topic yourself',
    );
  }
  const groups = [...draft.groups.values()];
  const published = new Set(groups.flatMap(({ publish }) => publish.map(({ firewall }) => firewall)));
  const networks = new Set([...draft.firewalls.values()].map(({ network }) => network));
  // A faulty entry may be the one that uses it.
  const allGroups = groups.length === draft.declared.groups.size;
  const allFirewalls = draft.firewalls.size === draft.declared.firewalls.size;
  for (const id of draft.firewalls.keys()) {
    if (allGroups && !published.has(id)) report.warning(['firewalls', id], 'no group is published to it');
  }
  const named = new Set(groups.flatMap(({ clusters = [] }) => clusters));
  for (const key of draft.hosts.keys()) {
    if (allGroups && !named.has(key))
      report.warning(['hosts', key], 'no group names it in `clusters`, so nothing of it is published');
  }
  for (const id of draft.networks.keys()) {
    if (allFirewalls && !networks.has(id))
      report.warning(['networks', id], 'no firewall is reached from it, but its endpoints cost money');
  }
}
