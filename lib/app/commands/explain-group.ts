import type { App } from '../compose.ts';
import { GroupNeighbours } from '../../core/network/group-neighbours.ts';
import { shardCount } from '../../core/model/endpoint.ts';
import { adviceOn } from '../network/advice.ts';
import { arrivalText, knownNetworks } from '../network/sights.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { inParallel } from '../state/items.ts';
import { explainEndpoint, type Explanation } from './explain.ts';
import { explainSelection } from './explain-selection.ts';
import { readFirewallState } from './firewall-state.ts';
import { listGroups } from './groups.ts';
import { leftObjects } from './leaving/left-objects.ts';
import { groupStatuses } from './status.ts';
import type { Step } from './explain-place.ts';
import { readShard } from './stored-endpoints.ts';

/** Explains an address, `namespace/pod`, `cluster/namespace/pod`, a node, or a group; a group's name wins over an endpoint's. */
export async function explain(app: App, asked: string): Promise<Explanation> {
  const active = await app.configurations.active();
  if (!Object.hasOwn(active.configuration.groups, asked))
    return (await explainLeftGroup(app.ports, active, asked)) ?? explainEndpoint(app, asked);
  return {
    asked,
    kind: 'group',
    found: true,
    steps: [
      ...(await selectionSteps(app.ports, active, asked)),
      ...(await targetSteps(app.ports, active, asked)),
    ],
    endpoints: [],
    verdicts: [],
  };
}

/** A group that left the configuration: undefined when nothing of it is on a firewall. */
async function explainLeftGroup(
  ports: Ports,
  active: ActiveConfiguration,
  asked: string,
): Promise<Explanation | undefined> {
  const left = (await leftObjects(ports, active)).filter(({ group }) => group === asked);
  if (left.length === 0) return undefined;
  const steps = left.map(({ firewall, object, members, since }) => ({
    ...(since === undefined ? {} : { at: since }),
    text: `it left the configuration of ${firewall}, where ${object} stays with ${members} members; \`zonebridge retire ${asked}\` shows what uses it`,
  }));
  return { asked, kind: 'group', found: true, steps, endpoints: [], verdicts: [] };
}

/** How many endpoints it selects, and why the others not, by reason. */
async function selectionSteps(ports: Ports, active: ActiveConfiguration, name: string): Promise<Step[]> {
  const compiled = active.groups.find(({ group }) => group.name === name);
  if (!compiled) return [];
  const { group, select, namespaces } = compiled;
  const where = namespaces === undefined ? 'any namespace' : `namespaces \`${namespaces.text}\``;
  const neighbours = new GroupNeighbours([compiled]);
  const steps: Step[] = [
    {
      text: `generation ${active.generation} publishes the ${group.addresses} addresses of \`${select.text}\` in ${where}`,
    },
  ];
  for (const cluster of active.clusters.values()) {
    const figures = { all: 0, selected: 0, refused: 0, old: 0 };
    await inParallel(
      Array.from({ length: shardCount }, (_, shard) => shard),
      16,
      (shard) =>
        readShard(ports.tables, cluster.id, shard, (page) => {
          for (const { record, generation } of page) {
            if (!record) continue;
            neighbours.add(cluster.key, record);
            const verdict = explainSelection(compiled, record, cluster);
            figures.all += 1;
            figures.selected += Number(verdict.selected);
            figures.refused += verdict.refused.length;
            figures.old += Number(generation < active.generation);
          }
        }),
    );
    const { all, selected, refused, old } = figures;
    const parts = [`cluster ${cluster.key}: ${selected} of ${all} endpoints selected`];
    if (refused > 0) parts.push(`${refused} addresses refused`);
    if (old > 0) parts.push(`${old} endpoints still under an older generation`);
    steps.push({ text: parts.join(', ') });
  }
  return [...steps, ...(await addressSteps(ports, active, { name, neighbours }))];
}

/** Under which addresses its pods arrive at firewalls, and who else does. */
async function addressSteps(
  ports: Ports,
  active: ActiveConfiguration,
  { name, neighbours }: { name: string; neighbours: GroupNeighbours },
): Promise<Step[]> {
  const { configuration } = active;
  const ofGroup = configuration.groups[name]?.clusters;
  const clusters = [...active.clusters.values()].filter(({ key }) => ofGroup?.includes(key) !== false);
  const networks = await knownNetworks(ports, clusters);
  const arrivals = networks.map(({ cluster, at, ...network }) => ({
    ...(at === undefined ? {} : { at }),
    text: `cluster ${cluster}: pods arrive ${arrivalText(network)}`,
  }));
  const advice = adviceOn(configuration, networks, neighbours)
    .filter(({ group }) => group === name)
    .map(({ firewall, cluster, text, remedy }) => ({ text: `${firewall}, ${cluster}: ${text}; ${remedy}` }));
  return [...arrivals, ...advice];
}

async function targetSteps(ports: Ports, active: ActiveConfiguration, name: string): Promise<Step[]> {
  const steps: Step[] = [];
  for (const view of await listGroups(ports, active, { group: name })) {
    const [status] = (await groupStatuses(ports, active, view.firewall)).filter(
      ({ group }) => group === name,
    );
    if (!status) continue;
    const state = await readFirewallState(ports, active.configuration, view.firewall);
    const byState = [
      ...Map.groupBy(view.members, ({ state, reason }) =>
        state === 'held' ? `held (${reason ?? ''})` : state,
      ),
    ];
    const figures = byState.map(([word, members]) => `${members.length} ${word}`).join(', ') || 'no members';
    const trouble = status.trouble === undefined ? '' : `, trouble ${status.trouble}`;
    const at = state.behindSince ?? state.lastSuccess;
    steps.push({
      ...(at === undefined ? {} : { at }),
      text: `${view.firewall} (${state.health}): ${status.channel} object ${view.object || 'not made yet'}, mode ${status.mode}: ${figures}${trouble}`,
    });
  }
  return steps;
}
