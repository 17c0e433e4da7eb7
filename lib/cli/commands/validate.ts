import { Command } from 'commander';
import type { Configuration } from '../../app/configuration/model.ts';
import { type Cli, examples } from '../cli.ts';

export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .summary('check the configuration')
    .description(
      'Checks the configuration and shows all problems at once, each with file, line and path. Touches no network.',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge validate', 'check zonebridge.yaml'],
        ['zonebridge validate --config firewall-groups/', 'check a folder with one file per team'],
        [
          'zonebridge validate --json',
          'for a pipeline: exit code 2 and a list of problems when something is wrong',
        ],
      ),
    )
    .action(() => validate(cli));
}

async function validate(cli: Cli): Promise<void> {
  const { configuration, warnings } = await cli.configuration();
  const { output } = cli;
  output.line(`${output.colors.green('valid')}: hub ${configuration.hub.name}, ${counts(configuration)}`);
  if (Object.keys(configuration.firewalls).length > 0) output.table(firewallTable(configuration));
  output.result({
    ok: true,
    hub: configuration.hub.name,
    groups: Object.keys(configuration.groups),
    warnings,
  });
}

function counts({ networks, clusters, hosts = {}, firewalls, groups }: Configuration): string {
  const sections = {
    network: networks,
    cluster: clusters,
    'hosts section': hosts,
    firewall: firewalls,
    group: groups,
  };
  return Object.entries(sections)
    .map(([word, entries]) => [word, Object.keys(entries).length] as const)
    .filter(([word, count]) => count > 0 || !word.includes(' '))
    .map(([word, count]) => `${count} ${word}${count === 1 ? '' : 's'}`)
    .join(', ');
}

/** What a firewall administrator needs to know: from where we come, and which groups arrive. */
function firewallTable({ networks, firewalls, groups }: Configuration) {
  const rows = Object.entries(firewalls).map(([id, { kind, network }]) => {
    const theirs = Object.values(groups).filter(({ publish }) =>
      publish.some(({ firewall }) => firewall === id),
    );
    const hosts = networks[network]?.sourceRanges.join(', ');
    return [id, kind, hosts, theirs.map(({ name }) => name).join(', ') || undefined];
  });
  return { head: ['firewall', 'type', 'trusted hosts', 'groups'], rows };
}
