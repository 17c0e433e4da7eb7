import type { Problem } from '../../core/errors.ts';
import type { Configuration } from './model.ts';
import { names } from '../names.ts';

/** A stack ends at 500 resources and a cluster takes nine of them; a cell is never split afterwards, so it ends early. */
export const clustersPerCell = 40;
/** Each firewall takes some fifteen resources, most of them alarms, and its secret is a line in the policy of two roles, which end at 10,240 characters. */
export const firewallsPerNetwork = 30;

const queueNameLength = 80;
const roleNameLength = 64;

/** What AWS could not hold, in the words of the configuration; empty when everything fits. */
export function stackProblems(configuration: Configuration): Problem[] {
  return [
    ...crowdedCells(configuration),
    ...crowdedNetworks(configuration),
    ...unreachableNetworks(configuration),
    ...longNames(configuration),
  ];
}

function crowdedCells({ clusters }: Configuration): Problem[] {
  return [...countBy(Object.values(clusters), (cluster) => cluster.cell)]
    .filter(([, count]) => count > clustersPerCell)
    .map(([cell, count]) => ({
      path: 'clusters',
      message: `cell "${cell}" holds ${count} clusters, a cell takes at most ${clustersPerCell}: give new clusters another cell (clusters never move between cells)`,
    }));
}

function crowdedNetworks({ firewalls }: Configuration): Problem[] {
  return [...countBy(Object.values(firewalls), (firewall) => firewall.network)]
    .filter(([, count]) => count > firewallsPerNetwork)
    .map(([network, count]) => ({
      path: `networks.${network}`,
      message: `${count} firewalls lie in this network, it takes at most ${firewallsPerNetwork}: add a second network with the same VPC for the others`,
    }));
}

function unreachableNetworks({ networks }: Configuration): Problem[] {
  const creating = Object.entries(networks).filter(([, network]) => network.endpoints === 'create');
  const withoutRoutes = creating
    .filter(([, network]) => (network.routeTables ?? []).length === 0)
    .map(([name]) => ({
      path: `networks.${name}.routeTables`,
      message:
        'endpoints: create needs the route tables of the subnets, or the functions cannot reach DynamoDB',
    }));
  const twice = [...countBy(creating, ([, network]) => network.vpc)]
    .filter(([, count]) => count > 1)
    .map(([vpc]) => ({
      path: 'networks',
      message: `several networks create endpoints in ${vpc}, which takes one per service: leave endpoints: create with one of them and give the others endpoints: existing`,
    }));
  return [...withoutRoutes, ...twice];
}

function longNames({ hub, clusters, hosts = {}, networks }: Configuration): Problem[] {
  const candidates = [
    ...Object.keys(hosts).map((key) => ({
      path: `hosts.${key}`,
      name: names.agentQueue(hub.name, key),
      most: queueNameLength,
    })),
    ...Object.keys(clusters).flatMap((key) => [
      { path: `clusters.${key}`, name: names.agentQueue(hub.name, key), most: queueNameLength },
      { path: `clusters.${key}`, name: names.agentRole(hub.name, key), most: roleNameLength },
    ]),
    ...Object.keys(networks).flatMap((key) => [
      { path: `networks.${key}`, name: names.wakeQueue(hub.name, key), most: queueNameLength },
      { path: `networks.${key}`, name: names.reconcileQueue(hub.name, key), most: queueNameLength },
    ]),
  ];
  return candidates
    .filter(({ name, most }) => name.length > most)
    .map(({ path, name, most }) => ({
      path,
      message: `the name ${name} would have ${name.length} characters, AWS takes ${most}: shorten this key`,
    }));
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
