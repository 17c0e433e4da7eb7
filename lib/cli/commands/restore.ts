import { Command } from 'commander';
import { restoreMember } from '../../app/commands/restore.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { type Cli, examples } from '../cli.ts';
import { person, withHub } from '../hub.ts';
import { requireKnown } from '../known.ts';

export function restoreCommand(cli: Cli): Command {
  return new Command('restore')
    .summary('bring back a member that a person took off')
    .description('A member that somebody removed on the firewall stays out until it is restored.')
    .argument('<firewall>', 'id in the configuration')
    .argument('<group>', 'name of the group')
    .argument('<address>', 'the address')
    .addHelpText(
      'after',
      examples(['zonebridge restore edge-1 storefront 10.20.3.4', 'after an incident is over']),
    )
    .action((firewall: string, group: string, given: string) =>
      withHub(cli, async (hub) => {
        await requireKnown(hub, { firewall, group });
        const address = canonicalAddress(given);
        await restoreMember(hub.ports, await hub.active(), {
          firewall,
          group,
          address,
          by: person(cli, undefined),
        });
        cli.output.line(`${address} comes back to ${group} on ${firewall}.`);
        cli.output.result({ ok: true, firewall, group, address });
      }),
    );
}
