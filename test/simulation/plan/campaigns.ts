import type { Dice } from '../kernel/dice.ts';
import { type GroupSpec, type HubSpec, tight } from './spec.ts';
import type { ClusterStep, Step } from './steps.ts';

/** Something that chance alone hardly brings about: a group of its own, and steps one after the other. */
export interface Campaign {
  group: GroupSpec;
  steps: Step[];
}

/** Of the first hub, whose first cluster comes first. */
export function campaignsOf(dice: Dice, hub: HubSpec): Campaign[] {
  const chosen: Campaign[] = [];
  if (dice.chance(0.25)) chosen.push(lastOne(dice, hub));
  if (dice.chance(0.25)) chosen.push(newNamespace(dice, hub));
  return chosen;
}

/** The only member of a group goes while no agent is there to see it. */
function lastOne(dice: Dice, hub: HubSpec): Campaign {
  return {
    group: groupOf(dice, hub, { name: 'solo' }),
    steps: [
      scale('solo', 'pay', 1, 60_000),
      { in: 'agent', cluster: 0, do: 'crash', wait: dice.between(0, 1_000) },
      scale('solo', 'pay', 0, dice.between(0, 300_000)),
    ],
  };
}

/** A namespace full of pods becomes one that a group selects. */
function newNamespace(dice: Dice, hub: HubSpec): Campaign {
  const relabel = (stage: string, wait: number): Step => ({
    ...inCluster,
    do: 'relabel namespace',
    namespace: 'lab',
    stage,
    wait,
  });
  return {
    group: groupOf(dice, hub, { name: 'rush', stage: 'prod' }),
    steps: [
      relabel('test', 1_000),
      scale('rush', 'shop', 2, 1_000),
      scale('rush', 'lab', dice.between(8, 16), 60_000),
      relabel('prod', dice.between(0, 120_000)),
    ],
  };
}

const inCluster = { in: 'cluster', cluster: 0, choice: 0 } as const satisfies Partial<ClusterStep>;

function scale(app: string, namespace: string, replicas: number, wait: number): Step {
  return { ...inCluster, do: 'scale', app, namespace, replicas, hostNetwork: false, wait };
}

function groupOf(dice: Dice, { firewalls }: HubSpec, what: { name: string; stage?: string }): GroupSpec {
  return {
    name: what.name,
    apps: [what.name],
    namespaces: undefined,
    stage: what.stage,
    addresses: 'pod',
    maxMembers: 200,
    brakes: tight,
    publish: firewalls
      .filter((_, index) => index === 0 || dice.chance(0.5))
      .map(({ name }) => ({
        firewall: name,
        channel: 'list',
        create: 'own',
        mode: 'sync',
        onForeignAdd: 'remove',
      })),
  };
}
