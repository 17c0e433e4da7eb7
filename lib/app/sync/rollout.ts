import { desiredMemberships } from '../../core/desired/memberships.ts';
import { type AddressGroup, type GroupTarget, parseMembershipKey } from '../../core/model/address-group.ts';
import type { Question } from '../../core/plan/plan.ts';
import { differs, hasAdditions, type Rollout } from '../../core/plan/rollout.ts';
import { asResolved } from '../balancers/as-resolved.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { recordOf } from '../state/firewall-records.ts';
import { objectKey, readObject } from '../state/ledger.ts';
import { livingRecords } from '../state/living.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { writerKeyOf } from '../targets.ts';
import type { GroupWork } from './questions.ts';

/** Another firewall tries what the active generation makes of this group; this one does not have it yet. */
export function isCanaryElsewhere(
  { canary }: ActiveConfiguration,
  firewall: string,
  group: AddressGroup,
): boolean {
  if (!canary || canary.firewalls.includes(firewall)) return false;
  return differs(canary.before.get(group.name)?.group, group);
}

/** Group and target by which a firewall works now: those of the generation before, as long as another firewall tries the active one. */
export function inForce(
  active: ActiveConfiguration,
  firewall: string,
  place: { group: AddressGroup; target: GroupTarget },
): { group: AddressGroup; target: GroupTarget } {
  if (!isCanaryElsewhere(active, firewall, place.group)) return place;
  const group = active.canary?.before.get(place.group.name)?.group;
  const target = group?.publish.find((one) => one.firewall === firewall);
  return group && target ? { group, target } : place;
}

/**
 * What keeps changes of a group on a firewall waiting. Costs nothing in the usual case: state is read only while a canary is on, or
 * for changes of the configuration in a group with `consistency: all`.
 */
export async function readRollout(
  ports: Ports,
  active: ActiveConfiguration,
  place: { firewall: string } & Pick<GroupWork, 'group' | 'questions' | 'ledger'>,
): Promise<{ rollout: Rollout | undefined; questions: readonly Question[] }> {
  const { firewall, questions } = place;
  const group = active.configuration.groups[place.group.name] ?? place.group;
  const canaryElsewhere = isCanaryElsewhere(active, firewall, group);
  const planned = group.consistency === 'all' && questions.some(({ cause }) => cause === 'configuration');
  if (!canaryElsewhere && !planned) return { rollout: undefined, questions };
  const othersBehind = planned ? await firewallsWithout(ports, active, { group, but: firewall }) : [];
  return {
    rollout: { canaryElsewhere, othersBehind },
    questions:
      canaryElsewhere || othersBehind.length > 0 ? await withLiving(ports, active, place) : questions,
  };
}

/** Other firewalls of a group that lack additions of the active generation. One batch, whatever the group's size. */
export async function firewallsWithout(
  ports: Ports,
  active: ActiveConfiguration,
  { group, but }: { group: AddressGroup; but: string },
): Promise<string[]> {
  const { firewalls } = active.configuration;
  const others = group.publish
    .filter(({ firewall, mode }) => firewall !== but && mode !== 'observe')
    .flatMap(({ firewall }) => {
      const settings = firewalls[firewall];
      return settings ? [{ firewall, writer: writerRow(writerKeyOf(ports.firewalls, settings)) }] : [];
    });
  const items = await ports.tables.read(
    others.flatMap(({ firewall, writer }) => [objectKey(firewall, group.name), writer]),
  );
  const { generation: number, releasedSince, activatedAt } = active;
  const generation = { number, releasedSince, activatedAt };
  return others.flatMap(({ firewall }, index) => {
    const { allowance } = readObject(items[2 * index], 0).counters;
    const { trouble } = recordOf(readWriter(items[2 * index + 1]).firewalls, firewall);
    const { lastSuccess, behindSince } = trouble;
    return hasAdditions({ allowance, lastSuccess, behindSince }, generation) ? [] : [firewall];
  });
}

/** Whether the endpoint behind each address is alive, and one that the generation before selects. */
async function withLiving(
  ports: Ports,
  active: ActiveConfiguration,
  work: Pick<GroupWork, 'questions' | 'ledger'>,
): Promise<readonly Question[]> {
  const claimed = work.questions.flatMap(({ key, address, wantedBy }) => {
    const endpoint = wantedBy ?? work.ledger.get(key)?.endpoint;
    return endpoint === undefined ? [] : [{ key, address, endpoint, realm: parseMembershipKey(key).realm }];
  });
  const living = await livingRecords(ports.tables, claimed);
  const groups = [...(active.canary?.before.values() ?? [])];
  return work.questions.map((question) => {
    const found = living.get(question.key);
    const cluster = found && active.clusters.get(found.cluster);
    if (!found || !cluster) return { ...question, living: false, wantedBefore: false };
    const { keys } = desiredMemberships({
      record: asResolved(cluster, found.record),
      cluster: { name: cluster.key, realm: cluster.realm },
      groups,
      ranges: cluster.ranges,
    });
    return { ...question, living: true, wantedBefore: keys.includes(question.key) };
  });
}
