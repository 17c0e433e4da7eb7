import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { Report } from '../report.ts';

/** What is a part of AWS lies where the functions of the hub can reach it with their own roles. */
export function checkAwsAccess({ hub, firewalls, networks }: Draft, modules: Modules, report: Report): void {
  if (!hub) return;
  for (const [id, { kind, network, settings }] of firewalls) {
    const access = modules[kind]?.awsAccess?.(settings);
    if (!access) continue;
    if (access.account !== hub.account)
      report.problem(
        ['firewalls', id, 'account'],
        `must be ${hub.account}, the account of the hub, whose roles change it; resources of other accounts use what is shared with them (AWS RAM)`,
      );
    if (access.region !== hub.region && networks.get(network)?.endpoints === 'create')
      report.problem(
        ['firewalls', id, 'region'],
        `must be ${hub.region}: network ${network} reaches AWS by endpoints of that region alone (endpoints: create)`,
      );
  }
}
