import { Command } from 'commander';
import { restoreMember } from '../../app/commands/restore.ts';
import { canonicalAddress } from '../../core/model/address.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { acting, withActiveHub } from '../hub.ts';
import { requireKnown } from '../known.ts';
import { plural } from '../time.ts';

interface RestoreOptions {
  all?: boolean;
  reason?: string;
}

export function restoreCommand(cli: Cli): Command {
  return new Command('restore')
    .summary('bring back members that a person took off')
    .description(
      'A member that somebody removed on the firewall stays out until it is restored. It comes back if it is still wanted.',
    )
    .argument('<firewall>', 'id in the configuration')
    .argument('<group>', 'name of the group')
    .argument('[address]', 'the address; needed unless --all')
    .option('--all', 'everything that is withheld in the group there')
    .option('--reason <text>', 'why; kept in the record')
    .addHelpText(
      'after',
      examples(
        ['zonebridge restore edge-1 storefront 10.20.3.4', 'after an incident is over'],
        ['zonebridge restore edge-1 storefront --all --reason "edit by mistake"', 'all of a group'],
      ),
    )
    .action((firewall: string, group: string, given: string | undefined, options: RestoreOptions) =>
      withActiveHub(cli, async (hub) => {
        const { all = false, reason } = options;
        if ((given === undefined) !== all)
          throw new ZonebridgeError('command/usage', 'name one address, or say --all');
        await requireKnown(hub, { firewall, group });
        const address = given === undefined ? undefined : canonicalAddress(given);
        const { name: by } = await acting(cli, hub);
        const request = { firewall, group, address, by, reason };
        const addresses = await restoreMember(hub.ports, await hub.active(), request);
        const what = address ?? plural(addresses.length, 'member');
        cli.output.line(`${what} may come back to ${group} on ${firewall}.`);
        cli.output.result({ ok: true, firewall, group, addresses, by });
      }),
    );
}
