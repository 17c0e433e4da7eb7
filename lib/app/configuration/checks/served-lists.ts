import type { ListPlace } from '../../../core/lists.ts';
import type { Draft } from '../draft.ts';
import type { Modules } from '../json-schema.ts';
import type { Report } from '../report.ts';

/** Where firewalls fetch from us: buckets and names are used once, everything lies where the hub is, and the load balancer finds two zones. */
export function checkServedLists(draft: Draft, modules: Modules, report: Report): void {
  const taken = new Map<string, string>();
  for (const [id, firewall] of draft.firewalls) {
    const place = modules[firewall.kind]?.serving?.place(firewall.settings);
    if (!place) continue;
    const at = ['firewalls', id];
    for (const field of ['bucket', 'hostName'] as const) {
      const first = taken.get(`${field} ${place[field]}`);
      if (first === undefined) taken.set(`${field} ${place[field]}`, id);
      else
        report.problem([...at, field], `${place[field]} is that of ${first} already; each entry has its own`);
    }
    checkRegion(id, place, { draft, report });
    const network = draft.networks.get(firewall.network);
    const zones = new Set(network?.subnets.map(({ availabilityZone }) => availabilityZone));
    if (network && zones.size < 2)
      report.problem(
        [...at, 'network'],
        `network ${firewall.network} has subnets in one zone only, a load balancer needs two`,
      );
  }
}

function checkRegion(
  id: string,
  { region, certificateArn }: ListPlace,
  { draft, report }: { draft: Draft; report: Report },
): void {
  if (!draft.hub) return;
  const { region: own } = draft.hub;
  if (region !== own)
    report.problem(['firewalls', id, 'region'], `the bucket lies where the hub is, in ${own}`);
  if (certificateArn.split(':')[3] !== own)
    report.problem(
      ['firewalls', id, 'certificateArn'],
      `a load balancer takes certificates of its own Region alone, which is ${own}`,
    );
}
