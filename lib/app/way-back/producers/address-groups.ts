import type { Verdict } from '../../../core/delegation/admit.ts';
import type { AddressGroup } from '../../../core/model/address-group.ts';
import { stableJson } from '../../../core/model/content-hash.ts';
import type { KubernetesObject } from '../../../core/onboarding/kubernetes-object.ts';
import { producers } from '../../../core/way-back/producers.ts';
import { joinResources } from '../../delegation/resource-groups.ts';
import type { Ports } from '../../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../../state/configurations.ts';
import { objectKey, type ObjectRow, readObject } from '../../state/ledger.ts';
import { moduleOf } from '../../targets.ts';
import type { Standing } from '../standing.ts';

const [{ apiVersion, kind }] = producers['address-groups'];

/** A firewall of a group: our record of it, and why that may not be what is wanted now. */
interface Place {
  target: AddressGroup['publish'][number];
  row: ObjectRow;
  outdated: string | undefined;
  /** What has to happen before the members act there, where it is not ours to do. */
  actsAfter: string | undefined;
}

/**
 * The status of each AddressGroup resource of a cluster: whether it was accepted, and what the firewalls have of it by our record. A firewall counts
 * only while nothing waits for it: the record alone does not tell what is still to come.
 */
export async function addressGroupStatuses(
  at: { ports: Ports; active: ActiveConfiguration; standing: (firewall: string) => Promise<Standing> },
  cluster: ActiveCluster,
): Promise<KubernetesObject[]> {
  const { ports, active, standing } = at;
  const { configuration } = active;
  const { verdicts } = await joinResources(ports.tables, configuration, configuration.groups);
  const own = verdicts
    .filter((verdict) => verdict.cluster === cluster.key)
    .map((verdict) => ({ verdict, group: groupOf(configuration.groups, verdict) }));
  const wanted = own.flatMap(({ verdict, group }) =>
    (group?.publish ?? []).map((target) => ({ uid: verdict.request.uid, group: group?.name ?? '', target })),
  );
  const items = await ports.tables.read(wanted.map(({ target, group }) => objectKey(target.firewall, group)));
  const now = ports.clock.now();
  const places = new Map<string, Place[]>();
  for (const [index, { uid, group, target }] of wanted.entries()) {
    const outdated = (await standing(target.firewall))(group);
    const row = readObject(items[index], now);
    const settings = configuration.firewalls[target.firewall];
    const facts = settings && moduleOf(ports.firewalls, settings).facts.channels[target.channel];
    const place = { target, row, outdated, actsAfter: facts?.actsAfter };
    places.set(uid, [...(places.get(uid) ?? []), place]);
  }
  return own.map(({ verdict, group }) => statusOf(verdict, group, places.get(verdict.request.uid) ?? []));
}

function groupOf(groups: Readonly<Record<string, AddressGroup>>, { request }: Verdict) {
  return Object.values(groups).find(({ resource }) => resource?.uid === request.uid);
}

function statusOf(
  verdict: Verdict,
  active: AddressGroup | undefined,
  places: readonly Place[],
): KubernetesObject {
  const { request, reason, message, group: accepted } = verdict;
  const { name, namespace, uid, generation } = request;
  const former = formerOf(accepted, active);
  const firewalls = places.map((place) =>
    firewallStatus(former === undefined ? place : { ...place, outdated: former.message }),
  );
  const published = firewalls.filter(({ state }) => state === 'Published').length;
  const all = active !== undefined && published === firewalls.length;
  const { reason: why, message: text } = former ?? stateOf(firewalls, all);
  const condition = (type: string, value: boolean, because: string, words: string) => ({
    type,
    status: value ? 'True' : 'False',
    reason: because,
    message: words,
    // Both are about the spec that was judged: of an older one that the firewalls still have `Published` is False.
    observedGeneration: generation,
  });
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, uid },
    status: {
      observedGeneration: generation,
      conditions: [
        condition('Accepted', accepted !== undefined, reason, message),
        condition('Published', all, why, text),
      ],
      ...(active === undefined ? {} : { group: active.name }),
      members: Math.max(0, ...firewalls.map(({ members }) => members)),
      published: `${published}/${firewalls.length}`,
      firewalls,
    },
  };
}

function stateOf(firewalls: readonly { state: string }[], all: boolean): { reason: string; message: string } {
  const places = (wanted: string) => firewalls.filter(({ state }) => state === wanted).length;
  if (!all && places('Empty') === firewalls.length)
    return {
      reason: 'NoMembers',
      message: 'nothing is selected: firewalls get the group with its first member',
    };
  return {
    reason: all ? 'Published' : 'Pending',
    message: `on ${places('Published')} of ${firewalls.length} firewalls`,
  };
}

/** What firewalls have is not what the resource asks for now; undefined when it is. */
function formerOf(
  accepted: AddressGroup | undefined,
  active: AddressGroup | undefined,
): { reason: string; message: string } | undefined {
  if (accepted === undefined)
    return active === undefined
      ? { reason: 'NoGroup', message: 'there is no group of it' }
      : { reason: 'NotAccepted', message: 'firewalls have what was accepted before' };
  if (active !== undefined && stableJson(accepted) === stableJson(active)) return undefined;
  return { reason: 'NotInForce', message: 'it comes into force next; firewalls have what was before' };
}

/** By our record: made, and nothing waits, is held, given up or wrong. A group without members has no object where the channel makes none. */
function firewallStatus({ target, row, outdated, actsAfter }: Place) {
  const { object, counters, held, missing, trouble, waiting } = row;
  const at = (state: string, message: string) => ({
    name: target.firewall,
    state,
    members: counters.size,
    message,
  });
  if (trouble !== undefined) return at('Trouble', trouble);
  if (held > 0) return at('Held', `${held} changes wait for a person of the platform`);
  if (target.mode === 'observe') return at('Observed', 'the platform only looks so far');
  if (outdated !== undefined) return at('Pending', outdated);
  if (waiting) return at('Pending', 'changes wait for a window or for other firewalls');
  if (missing > 0)
    return at(
      'Incomplete',
      `${missing} are not there: refused by the firewall, or taken off there by a person`,
    );
  // Whatever it should hold would be dirty, waiting or held.
  if (object === '') return at('Empty', 'nothing is selected: its object is made with the first member');
  return at('Published', actsAfter === undefined ? '' : `its members act there only after ${actsAfter}`);
}
