import { Command } from 'commander';
import { restoreAll, restoreMember } from '../../app/commands/restore.ts';
import { givenAddress } from '../../core/model/address.ts';
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
    .argument('[group]', 'name of the group; absent: every group there, with --all')
    .argument('[address]', 'the address; needed unless --all')
    .option('--all', 'everything that is withheld in the group, or on the firewall')
    .option('--reason <text>', 'why; kept in the record')
    .addHelpText(
      'after',
      examples(
        ['zonebridge restore edge-1 storefront 10.20.3.4', 'after an incident is over'],
        ['zonebridge restore edge-1 storefront --all --reason "edit by mistake"', 'all of a group'],
        [
          'zonebridge restore fmc-1 --all --reason "backup put back"',
          'all groups, after its configuration was restored',
        ],
      ),
    )
    .action(
      (firewall: string, group: string | undefined, given: string | undefined, options: RestoreOptions) =>
        withActiveHub(cli, async (hub) => {
          const { all = false, reason } = options;
          if ((given === undefined) !== all)
            throw new ZonebridgeError('command/usage', 'name one address, or say --all');
          await requireKnown(hub, group === undefined ? { firewall } : { firewall, group });
          const address = given === undefined ? undefined : givenAddress(given);
          const { name: by } = await acting(cli, hub);
          const active = await hub.active();
          if (group === undefined) {
            const groups = await restoreAll(hub.ports, active, { firewall, by, reason });
            for (const [name, addresses] of Object.entries(groups))
              cli.output.line(
                `${plural(addresses.length, 'member')} may come back to ${name} on ${firewall}.`,
              );
            cli.output.result({ ok: true, firewall, groups, by });
            return;
          }
          const request = { firewall, group, address, by, reason };
          const addresses = await restoreMember(hub.ports, active, request);
          const what = address ?? plural(addresses.length, 'member');
          cli.output.line(`${what} may come back to ${group} on ${firewall}.`);
          cli.output.result({ ok: true, firewall, group, addresses, by });
        }),
    );
}
