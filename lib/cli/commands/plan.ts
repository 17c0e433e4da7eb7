import { withResources } from '../../app/delegation/with-resources.ts';
import { Command } from 'commander';
import { activeOrNone } from '../../app/state/active-or-none.ts';
import {
  type FirewallPlan,
  heldCount,
  isEmpty,
  planConfiguration,
  repairCount,
} from '../../app/commands/plan.ts';
import { infrastructureOf, serializeConfiguration } from '../../app/configuration/stored.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { type HubSession, withHub } from '../hub.ts';
import { plansAsJson, showPlan } from '../show-plan.ts';

export function planCommand(cli: Cli): Command {
  return new Command('plan')
    .summary('show the exact changes per firewall')
    .description(
      'Shows what `apply` would change on each firewall and in each group, compared with what the firewalls hold now.\n' +
        'Changes nothing. A firewall that cannot be read from here is compared with the ledger.\n' +
        'Exit code 3 when a part would be held until somebody approves.',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge plan', 'what would change'],
        ['zonebridge plan --json', 'every address, for a pipeline'],
      ),
    )
    .action(() => withHub(cli, (hub) => plan(cli, hub), { warnings: true }));
}

async function plan(cli: Cli, hub: HubSession): Promise<void> {
  const configuration = await withResources(hub, hub.configuration);
  const plans = await planConfiguration(hub.ports, hub.configurations, configuration);
  showPlan(cli, plans);
  await noteInfrastructure(cli, hub);
  if (heldCount(plans) > 0) cli.exitCode = exitCodes.held;
  cli.output.result({ ok: true, ...figures(plans), firewalls: plansAsJson(plans) });
}

export function figures(plans: readonly FirewallPlan[]): {
  empty: boolean;
  held: number;
  repair: number;
  base: number;
} {
  return {
    empty: isEmpty(plans),
    held: heldCount(plans),
    repair: repairCount(plans),
    base: plans[0]?.base ?? 0,
  };
}

/** Groups are applied, everything else is deployed. */
export async function noteInfrastructure(cli: Cli, hub: HubSession): Promise<void> {
  const active = await activeOrNone(hub.configurations);
  if (!active) return;
  const [before, after] = [active.configuration, hub.configuration].map((configuration) =>
    serializeConfiguration(infrastructureOf(configuration)),
  );
  if (before !== after)
    cli.output.note(
      'hub, networks, clusters or firewalls differ from the active generation: `zonebridge deploy` builds them',
    );
}
