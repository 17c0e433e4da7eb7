import { parseRanges, rangesOverlap } from '../../../core/model/address.ts';
import { names } from '../../names.ts';
import type { Draft } from '../draft.ts';
import type { ClusterConfiguration } from '../model.ts';
import type { Origin } from '../origins.ts';
import type { Report } from '../report.ts';

/** Clusters of one stack: it ends at 500 resources (design section 8). */
const clustersPerCell = 40;
/** Longest name of an IAM role, in characters; the queue of the same name may have 80. */
const longestRole = 64;

/** Clusters are told apart, share addresses only when they say so, and fit into their stacks. */
export function checkClusters(draft: Draft, report: Report): void {
  checkAdmitted(draft, report);
  const clusters = [...draft.clusters];
  for (const [name, cluster] of clusters) {
    checkRoleName(name, draft, report);
    checkResolving(name, cluster, { draft, report });
  }
  checkHosts(draft, report);
  const origins = Array.from(draft.origins, ([name, origin]) => ({ name, origin }));
  for (const [index, one] of origins.entries()) {
    for (const other of origins.slice(0, index)) {
      checkSame(one, other, report);
      checkOverlap(one, other, report);
    }
  }
  for (const [cell, members] of Map.groupBy(clusters, ([, { cell }]) => cell)) {
    const extra = members[clustersPerCell]?.[0];
    if (extra === undefined) continue;
    report.problem(
      ['clusters', extra, 'cell'],
      `cell ${cell} has ${members.length} clusters; ${clustersPerCell} fit, open another`,
    );
  }
}

/** Who gets the agent without a person is a cluster of the account and region in which the function of the hub runs. */
function checkAdmitted({ hub, clusters }: Draft, report: Report): void {
  const { admit = [], image } = hub?.onboarding ?? {};
  if (hub === undefined || admit.length === 0) return;
  if (image === undefined)
    report.problem(['hub', 'onboarding', 'image'], '`image` is missing: clusters that are admitted get it');
  for (const [index, key] of admit.entries()) {
    const cluster = clusters.get(key);
    const where = ['hub', 'onboarding', 'admit', index] as const;
    if (cluster === undefined) report.problem([...where], `${key} is no cluster of the configuration`);
    else if (cluster.account !== hub.account || cluster.region !== hub.region)
      report.problem(
        [...where],
        `${key} is not in the account and region of the hub: run \`zonebridge onboard ${key}\``,
      );
  }
}

function checkResolving(
  name: string,
  { account, resolveNames, readRole }: ClusterConfiguration,
  { draft, report }: { draft: Draft; report: Report },
): void {
  const at = ['clusters', name];
  if (readRole !== undefined && resolveNames === undefined)
    report.problem([...at, 'readRole'], 'is for resolveNames: true alone; leave it out');
  else checkReadRole({ at, account, readRole }, draft, report);
}

/** In another account than that of the hub a role of that account is taken; in its own there is none to take. */
function checkReadRole(
  { at, account, readRole }: { at: string[]; account: string; readRole: string | undefined },
  { hub }: Draft,
  report: Report,
): void {
  if (hub === undefined || readRole === undefined) return;
  if (account === hub.account)
    report.problem([...at, 'readRole'], 'is for another account than that of the hub; leave it out');
  else if (!readRole.includes(`:iam::${account}:`))
    report.problem([...at, 'readRole'], `is no role of account ${account}`);
}

function checkRoleName(name: string, draft: Draft, report: Report): void {
  if (draft.hub === undefined) return;
  const role = names.agentRole(draft.hub.name, name);
  if (role.length <= longestRole) return;
  const message = `the role ${role} would have ${role.length} characters, IAM takes ${longestRole}; shorten this key and give the cluster's name in \`name\``;
  report.problem(['clusters', name], message);
}

/** Hosts go by their keys beside clusters, and lie where the hub may look. */
function checkHosts(draft: Draft, report: Report): void {
  for (const [name, { account, readRole }] of draft.hosts) {
    const at = ['hosts', name];
    if (draft.declared.clusters.has(name))
      report.problem(at, 'a cluster has this name already; choose another');
    checkReadRole({ at, account, readRole }, draft, report);
  }
}

interface Named {
  name: string;
  origin: Origin;
}

function checkSame(one: Named, other: Named, report: Report): void {
  if (one.origin.id !== other.origin.id) return;
  const first = `${other.name} (${report.whereabouts([other.origin.section, other.name])})`;
  report.problem(
    [one.origin.section, one.name],
    `is the same cluster as ${first}: account, region and name are equal`,
  );
}

function checkOverlap(one: Named, other: Named, report: Report): void {
  if (one.origin.realm !== other.origin.realm) return;
  if (!rangesOverlap(parseRanges(one.origin.ranges), parseRanges(other.origin.ranges))) return;
  const silent = [one, other].filter(({ origin }) => !origin.sharedRanges).map(({ name }) => name);
  if (silent.length === 0) return;
  const where = `${other.name} (${report.whereabouts([other.origin.section, other.name, 'ranges'])})`;
  report.problem(
    [one.origin.section, one.name, 'ranges'],
    `overlaps with the ranges of ${where} in realm ${one.origin.realm}: give them separate realms, or, if they share a subnet, set sharedRanges: true on ${silent.join(' and ')}`,
  );
}
