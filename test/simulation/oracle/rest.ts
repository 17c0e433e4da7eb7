import { readEndpoint } from '../../../lib/app/state/endpoints.ts';
import { readWriter } from '../../../lib/app/state/writers.ts';
import type { HubSide, World } from '../world.ts';
import { foreignAt, placeOf, wrongAt } from './place.ts';

/** Everything in which the world at rest differs from what the clusters say; empty when all is well. */
export function differences(world: World): string[] {
  return world.hubs.flatMap((side) => [
    ...firewallsDiffer(world, side),
    ...stateDiffers(side),
    ...leftOver(side),
  ]);
}

function firewallsDiffer(world: World, side: HubSide): string[] {
  const { hub } = side;
  return hub.spec.firewalls.flatMap((firewall) => {
    const device = world.devices.get(firewall.device);
    if (!device) return [];
    const places = hub.spec.groups.flatMap((group) => placeOf(side, { firewall, group, device }) ?? []);
    const foreign = places.flatMap(foreignAt).length;
    const [told] = hub.tables.store.read([{ table: 'control', pk: `reconcile|${firewall.name}` }]);
    const reported = Number(told?.['foreign'] ?? 0);
    const untold =
      foreign > reported ? [`${firewall.name}: ${foreign} members of people, ${reported} reported`] : [];
    return [...places.flatMap(wrongAt), ...untold];
  });
}

function stateDiffers({ hub, truth, clusters }: HubSide): string[] {
  const found: string[] = [];
  const { store } = hub.tables;
  const wishes = new Set([...truth.all().values()].flatMap((one) => [...one]));
  const memberships = new Set(store.all('memberships').map(({ key }) => key.pk));
  for (const wish of wishes) if (!memberships.has(wish)) found.push(`membership ${wish} is not stored`);
  // Of a group that is not configured rows may be left over after a loss: they are looked for when it comes back.
  const groups = new Set(hub.spec.groups.map(({ name }) => name));
  for (const key of memberships)
    if (!wishes.has(key) && groups.has(key.split('|')[0] ?? ''))
      found.push(`membership ${key} is stored, nobody wants it`);
  for (const { key, item } of store.all('endpoints')) {
    const endpoint = readEndpoint(key.sk ?? '', item);
    if (!endpoint) continue;
    const { id, record, todo } = endpoint;
    if (todo.length > 0) found.push(`endpoint ${id} still has ${todo.length} steps to do`);
    if (record && !clusters.some(({ cluster }) => existsIn(cluster.api, id)))
      found.push(`endpoint ${id} is stored and gone`);
  }
  return found;
}

function existsIn(
  api: { pods: ReadonlyMap<string, unknown>; nodes: ReadonlyMap<string, unknown> },
  id: string,
): boolean {
  const uid = id.slice(id.indexOf('|') + 1);
  return api.pods.has(uid) || api.nodes.has(uid);
}

/** Nothing is lost and nothing waits. */
function leftOver({ hub }: HubSide): string[] {
  const found = hub.waiting().map(({ queue, body }) => `${queue} still holds ${body.slice(0, 120)}`);
  for (const [name, { deadLetters }] of hub.queues) {
    const [first] = deadLetters;
    if (first) found.push(`${deadLetters.length} dead letters of ${name}: ${first.body.slice(0, 120)}`);
  }
  const { store } = hub.tables;
  for (const { key, item } of store.all('dirty'))
    found.push(`dirty ${key.pk} ${key.sk} ${JSON.stringify(item)}`);
  for (const { key, item } of store.all('control')) {
    if (!key.pk.startsWith('writer|')) continue;
    const { firewalls, woken } = readWriter(item);
    if (woken.length > 0) found.push(`${key.pk} is woken`);
    for (const [firewall, { trouble }] of Object.entries(firewalls))
      if (trouble.failures > 0) found.push(`${firewall} is in trouble: ${JSON.stringify(trouble)}`);
  }
  return found;
}
