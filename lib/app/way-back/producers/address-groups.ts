import type { Verdict } from '../../../core/delegation/admit.ts';
import type { AddressGroup } from '../../../core/model/address-group.ts';
import type { KubernetesObject } from '../../../core/onboarding/kubernetes-object.ts';
import { producers } from '../../../core/way-back/producers.ts';
import { joinResources } from '../../delegation/resource-groups.ts';
import type { Ports } from '../../ports.ts';
import type { ActiveCluster, ActiveConfiguration } from '../../state/configurations.ts';
import { objectKey, type ObjectRow, readObject } from '../../state/ledger.ts';

const [{ apiVersion, kind }] = producers['address-groups'];

/** The status of each AddressGroup resource of a cluster: whether it was accepted, and what the firewalls have of it by our record. */
export async function addressGroupStatuses(
  ports: Ports,
  { configuration }: ActiveConfiguration,
  cluster: ActiveCluster,
): Promise<KubernetesObject[]> {
  const { verdicts } = await joinResources(ports.tables, configuration, configuration.groups);
  const own = verdicts.filter((verdict) => verdict.cluster === cluster.key);
  const activeOf = (verdict: Verdict): AddressGroup | undefined =>
    Object.values(configuration.groups).find(({ resource }) => resource?.uid === verdict.request.uid);
  const places = own.flatMap((verdict) => {
    const group = activeOf(verdict);
    return group === undefined ? [] : group.publish.map(({ firewall }) => ({ firewall, group: group.name }));
  });
  const items = await ports.tables.read(places.map(({ firewall, group }) => objectKey(firewall, group)));
  const now = ports.clock.now();
  const rows = new Map(
    places.map(({ firewall, group }, index) => [`${firewall}|${group}`, readObject(items[index], now)]),
  );
  return own.map((verdict) => statusOf(verdict, activeOf(verdict), (key) => rows.get(key)));
}

function statusOf(
  { request, reason, message, group: accepted }: Verdict,
  active: AddressGroup | undefined,
  rowOf: (key: string) => ObjectRow | undefined,
): KubernetesObject {
  const { name, namespace, uid, generation } = request;
  const firewalls = (active?.publish ?? []).map((target) =>
    firewallStatus(target, rowOf(`${target.firewall}|${active?.name}`)),
  );
  const published = firewalls.filter(({ state }) => state === 'Published').length;
  const all = active !== undefined && published === firewalls.length;
  const condition = (type: string, value: boolean, why: string, text: string) => ({
    type,
    status: value ? 'True' : 'False',
    reason: why,
    message: text,
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
        condition(
          'Published',
          all,
          active === undefined ? 'NoGroup' : all ? 'Published' : 'Pending',
          active === undefined
            ? 'there is no group of it'
            : `on ${published} of ${firewalls.length} firewalls`,
        ),
      ],
      ...(active === undefined ? {} : { group: active.name }),
      members: Math.max(0, ...firewalls.map(({ members }) => members)),
      published: `${published}/${firewalls.length}`,
      firewalls,
    },
  };
}

/** By our record: made, and nothing waits, is held or is wrong. A group without members has no object where the channel makes none. */
function firewallStatus(
  { firewall, mode }: AddressGroup['publish'][number],
  row: ObjectRow | undefined,
): { name: string; state: string; members: number; message: string } {
  const { object = '', counters, held = 0, trouble, waiting } = row ?? {};
  const members = counters?.size ?? 0;
  const at = (state: string, message: string) => ({ name: firewall, state, members, message });
  if (trouble !== undefined) return at('Trouble', trouble);
  if (held > 0) return at('Held', `${held} changes wait for a person of the platform`);
  if (mode === 'observe') return at('Observed', 'the platform only looks so far');
  if (object === '') return at('Pending', 'nothing was written yet');
  if (waiting) return at('Pending', 'changes wait for a window or for other firewalls');
  return at('Published', '');
}
