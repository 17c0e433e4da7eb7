import type { AddressGroup } from '../../../core/model/address-group.ts';
import type { Draft } from '../draft.ts';
import type { Report } from '../report.ts';
import type { DocumentPath } from '../source/path.ts';
import { suggest } from '../suggest.ts';

/** Every name that one entry uses for another exists, and what is joined can meet. */
export function checkReferences(draft: Draft, report: Report): void {
  const realms = new Set([...draft.origins.values()].map(({ realm }) => realm));
  // A faulty cluster may hold the missing realm.
  const allClustersRead = draft.origins.size === draft.declared.origins.size;
  for (const [id, firewall] of draft.firewalls) {
    known(report, ['firewalls', id, 'network'], {
      word: firewall.network,
      kind: 'network',
      names: draft.declared.networks,
    });
    for (const [index, realm] of firewall.realms.entries()) {
      const path = ['firewalls', id, 'realms', index];
      if (allClustersRead) known(report, path, { word: realm, kind: 'realm of a cluster', names: realms });
      if (firewall.realms.indexOf(realm) < index) report.problem(path, `realm ${realm} is listed twice`);
    }
  }
  checkGroupReferences(draft, report);
  checkOrders(draft, report);
}

/** What groups name. */
export function checkGroupReferences(draft: Draft, report: Report): void {
  for (const group of draft.groups.values()) checkGroup(group, draft, report);
}

/** What quarantines and freezes name. */
function checkOrders(draft: Draft, report: Report): void {
  if (draft.quarantine !== undefined) {
    const { group: word } = draft.quarantine;
    const path = ['quarantine', 'group'];
    known(report, path, { word, kind: 'group', names: draft.declared.groups });
    if (draft.groups.get(word)?.usedIn === 'allow')
      report.problem(path, `${word} is used in allow rules: quarantine needs a group with usedIn: deny`);
  }
  for (const [index, { firewalls = [] }] of (draft.approvals?.freeze ?? []).entries())
    for (const [at, word] of firewalls.entries())
      known(report, ['approvals', 'freeze', index, 'firewalls', at], {
        word,
        kind: 'firewall',
        names: draft.declared.firewalls,
      });
}

function checkGroup(group: AddressGroup, draft: Draft, report: Report): void {
  const at = ['groups', group.name];
  for (const [index, cluster] of (group.clusters ?? []).entries()) {
    known(report, [...at, 'clusters', index], {
      word: cluster,
      kind: 'cluster',
      names: draft.declared.origins,
    });
  }
  const seen = new Map<string, number>();
  for (const [index, { firewall }] of group.publish.entries()) {
    const path = [...at, 'publish', index, 'firewall'];
    known(report, path, { word: firewall, kind: 'firewall', names: draft.declared.firewalls });
    const first = seen.get(firewall);
    if (first === undefined) seen.set(firewall, index);
    else
      report.problem(
        path,
        `${firewall} is a target of this group already (publish[${first}]); one way per firewall`,
      );
    checkRealms({ group, path, firewall }, draft, report);
  }
}

/** A firewall that sees no realm of the group's clusters would never get a member. */
function checkRealms(
  target: { group: AddressGroup; path: DocumentPath; firewall: string },
  draft: Draft,
  report: Report,
): void {
  const firewall = draft.firewalls.get(target.firewall);
  const names = target.group.clusters ?? [...draft.declared.clusters];
  const clusters = names.map((name) => draft.origins.get(name));
  if (firewall === undefined || clusters.length === 0) return;
  const realms = clusters.map((cluster) => cluster?.realm);
  if (realms.some((realm) => realm === undefined || firewall.realms.includes(realm))) return;
  const theirs = [...new Set(realms)].join(', ');
  const message = `${target.firewall} sees realm ${firewall.realms.join(', ')}, but the clusters of this group are in ${theirs}`;
  report.problem(target.path, message);
}

function known(
  report: Report,
  path: DocumentPath,
  { word, kind, names }: { word: string; kind: string; names: ReadonlySet<string> },
): void {
  if (names.has(word)) return;
  const meant = suggest(word, [...names]);
  const list = names.size === 0 ? 'none is configured' : `known: ${[...names].slice(0, 20).join(', ')}`;
  report.problem(
    path,
    `there is no ${kind} ${word}${meant === undefined ? `; ${list}` : `, did you mean ${meant}?`}`,
  );
}
