import { Command } from 'commander';
import { allObjects, usesOf } from '../../app/commands/leaving/left-objects.ts';
import { recordAction } from '../../app/audit/actions.ts';
import { auditSettings } from '../../app/configuration/audit-settings.ts';
import { activeOrNone } from '../../app/state/active-or-none.ts';
import { tableNames } from '../../app/environment.ts';
import { names } from '../../app/names.ts';
import { type Cli, examples } from '../cli.ts';
import { confirmByName } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { acting, type HubSession, withHub } from '../hub.ts';
import { runCdk } from '../run-cdk.ts';
import { showObjects } from '../show-left.ts';

interface DestroyOptions {
  yes?: boolean;
  ticket?: string;
  dryRun?: boolean;
}

export function destroyCommand(cli: Cli): Command {
  return new Command('destroy')
    .summary('take the hub down; firewalls stay as they are')
    .description(
      'Shows what stays behind: the objects on every firewall with the rules that use them, tables, archive and logs. After the name of the hub\n' +
        'was typed it runs `cdk destroy --all`. No firewall is changed: retire groups before, as long as there is a hub that can.',
    )
    .option('--dry-run', 'only show')
    .option('-y, --yes', 'do not ask for the name; needs --ticket')
    .option('--ticket <id>', 'under which it was approved')
    .argument('[cdk-arguments...]', 'after --, for cdk')
    .addHelpText(
      'after',
      examples(
        ['zonebridge destroy --dry-run', 'what would stay behind'],
        ['zonebridge destroy', 'after the name of the hub was typed'],
      ),
    )
    .action((cdkArguments: string[], options: DestroyOptions) =>
      withHub(cli, (hub) => destroy(cli, hub, { ...options, cdkArguments })),
    );
}

async function destroy(
  cli: Cli,
  hub: HubSession,
  options: DestroyOptions & { cdkArguments: readonly string[] },
): Promise<void> {
  const { output } = cli;
  const { hub: settings } = hub.configuration;
  const active = await activeOrNone(hub.configurations);
  const objects = active ? await allObjects(hub.ports, active) : [];
  const uses = active ? await usesOf(hub.ports, active, objects) : new Map();
  output.line('On the firewalls stays, as it is and no longer kept in step:');
  if (objects.length === 0) output.line('  nothing of ours');
  else showObjects(cli, objects, uses);
  const kept = keptInAws(settings);
  output.line('In the account stays, because no stack deletes it:');
  for (const line of kept) output.line(`  ${line}`);
  const stays = { objects: objects.map((one) => ({ ...one, live: uses.get(one) })), kept };
  if (options.dryRun) {
    output.result({ ok: true, ...stays });
    return;
  }
  const { yes, ticket, cdkArguments } = options;
  if (!(await confirmByName(cli, `Take hub ${settings.name} down?`, { name: settings.name, yes, ticket }))) {
    output.line('Nothing was taken down.');
    output.result({ ok: false, ...stays });
    cli.exitCode = exitCodes.failed;
    return;
  }
  if (active) await recordAction(hub.ports, { what: 'destroy', by: (await acting(cli, hub)).name, ticket });
  await runCdk(cli, ['destroy', '--all', '--force', ...cdkArguments]);
  output.result({ ok: true, ...stays });
}

/** What outlives the stacks, by its names; the credentials of the firewalls do not. */
function keptInAws(hub: HubSession['configuration']['hub']): string[] {
  const { lock, retainDays } = auditSettings(hub);
  const locked = lock === 'none' ? 'not locked' : `each object locked for ${retainDays} days (${lock})`;
  return [
    `tables ${tableNames.map((table) => names.table(hub.name, table)).join(', ')}`,
    `bucket ${names.archiveBucket(hub)}: the record of all changes, ${locked}`,
    'log groups of the functions, for three months after the last line',
  ];
}
