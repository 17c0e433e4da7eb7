import type { Status } from '../app/commands/status.ts';
import { arrivalText } from '../app/network/sights.ts';
import type { Cli } from './cli.ts';
import { ago } from './time.ts';

/** Under which addresses pods arrive at firewalls, and which groups count on others. */
export function showNetworks(
  { output }: Cli,
  { networks, unseen, sharing, now }: Pick<Status, 'networks' | 'unseen' | 'sharing' | 'now'>,
): void {
  const alike = Map.groupBy(networks, (network) => {
    const { at, cni } = network;
    return `pods arrive ${arrivalText(network)}${at === undefined ? '' : ` [${cni}, told ${ago(at, now)}]`}`;
  });
  if (networks.length > 0) output.line('\nAddresses at the firewalls:');
  for (const [text, members] of alike)
    output.line(output.safe(`  ${members.map(({ cluster }) => cluster).join(', ')}: ${text}`));
  for (const { group, cluster, firewalls, text, remedy } of unseen)
    output.line(output.safe(`  ! ${group} in ${cluster} on ${firewalls.join(', ')}: ${text}; ${remedy}`));
  if (sharing.length > 0)
    output.line(
      `  Every pod on the nodes of ${sharing.join(', ')} has their addresses; \`zonebridge explain <group>\` names who that is`,
    );
}
