import { admitGroups } from '../../lib/app/delegation/admit-groups.ts';
import type { Delegation } from '../../lib/core/delegation/admit.ts';
import type { GroupRequest } from '../../lib/core/delegation/request.ts';
import type { AddressGroup } from '../../lib/core/model/address-group.ts';
import { defaultBrakes } from '../../lib/core/plan/brakes.ts';
import { group, pod, World } from './world.ts';

export const delegation: Delegation = {
  name: 'teams',
  namespaces: "team == 'shop'",
  prefix: 'team.',
  usedIn: ['allow'],
  maxMembers: 50,
  maxGroups: 2,
  brakes: defaultBrakes,
  publish: [{ firewall: 'edge', channel: 'list', create: 'own', mode: 'sync', onForeignAdd: 'remove' }],
};

export const spec = {
  selector: { matchLabels: { app: 'web' } },
  usedIn: 'allow',
  firewalls: ['edge'],
  maxMembers: 50,
};

/** An AddressGroup resource as an agent tells it. */
export function request(name: string, more: Partial<GroupRequest> = {}): GroupRequest {
  return {
    uid: `uid-${name}`,
    namespace: 'shop',
    name,
    generation: 1,
    created: 1,
    namespaceLabels: { team: 'shop', 'kubernetes.io/metadata.name': 'shop' },
    spec,
    ...more,
  };
}

/** A hub whose cluster `one` lets teams of namespaces with `team=shop` publish. */
export async function teamWorld(own: AddressGroup[] = [group('platform')]) {
  const world = new World(own);
  world.configuration.clusters['one']!.writes = ['address-groups'];
  world.configuration.delegations = { teams: delegation };
  await world.activate();
  await world.hello('agent-process-1');
  let number = 0;
  const tell = async (requests: GroupRequest[], more = 0, others: string[] = []) => {
    number += 1;
    await world.event('address-groups', { epoch: world.epoch, version: 2, number, requests, more, others });
  };
  const admit = async () => {
    const changed = await admitGroups(world);
    await world.settle();
    return changed;
  };
  const names = async () => Object.keys((await world.configurations.active()).configuration.groups).sort();
  const web = (count: number, namespace = 'shop') =>
    Array.from({ length: count }, (_, index) =>
      pod(
        `${namespace}-${index}`,
        `10.${namespace.length}.0.${index + 1}`,
        { app: 'web' },
        {
          namespace,
          namespaceLabels: { 'kubernetes.io/metadata.name': namespace, team: 'shop' },
        },
      ),
    );
  return { world, tell, admit, names, web };
}
