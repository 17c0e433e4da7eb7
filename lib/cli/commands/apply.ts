import { Command } from 'commander';
import { applyConfiguration } from '../../app/commands/apply.ts';
import { activeOrNone, heldCount, isEmpty, planConfiguration } from '../../app/commands/plan.ts';
import { failedGroups } from '../../app/commands/status.ts';
import { type WalkProgress, waitForWalk } from '../../app/commands/wait-for-walk.ts';
import { serializeConfiguration } from '../../app/configuration/stored.ts';
import { type Cli, examples } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { type HubSession, person, withHub } from '../hub.ts';
import { plansAsJson, showPlan, summary } from '../show-plan.ts';
import { plural } from '../time.ts';
import { figures, noteInfrastructure } from './plan.ts';
import { failedText } from './status.ts';

export interface ApplyOptions {
  yes?: boolean;
  author?: string;
  wait: boolean;
}

export function applyCommand(cli: Cli): Command {
  return new Command('apply')
    .summary('plan, then activate the configuration')
    .description(
      'Shows the plan, asks, activates the configuration as a new generation and waits until the firewalls have it.\n' +
        'What is beyond the brakes is held until `zonebridge approve`, and what a firewall refuses, is exit code 3. Exit code 4 when a firewall does not have it in time;\n' +
        'the hub goes on by itself.',
    )
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .option('--author <name>', 'who applies; the user of the pipeline or machine unless given')
    .option('--no-wait', 'return as soon as the generation is active')
    .addHelpText(
      'after',
      examples(
        ['zonebridge apply', 'look, then say yes'],
        ['zonebridge apply --yes --author mia@example.com --json', 'in a pipeline, after its review'],
      ),
    )
    .action((options: ApplyOptions) => withHub(cli, (hub) => apply(cli, hub, options), { warnings: true }));
}

/** Longest wait for the firewalls. */
const timeoutMs = 5 * 60_000;

export async function apply(cli: Cli, hub: HubSession, options: ApplyOptions): Promise<void> {
  const { output } = cli;
  const { configuration } = hub;
  const plans = await planConfiguration(hub.ports, hub.configurations, configuration);
  showPlan(cli, plans);
  await noteInfrastructure(cli, hub);
  const active = await activeOrNone(hub.configurations);
  const same =
    active && serializeConfiguration(active.configuration) === serializeConfiguration(configuration);
  if (same && isEmpty(plans)) {
    output.line(`Generation ${active.generation} is this configuration already.`);
    output.result({ ok: true, generation: active.generation, changed: false, ...figures(plans) });
    return;
  }
  const next = (plans[0]?.base ?? active?.generation ?? 0) + 1;
  if (!(await confirm(cli, `Activate generation ${next}? ${summary(plans)}`, options.yes))) {
    output.line('Nothing was changed.');
    output.result({ ok: false, changed: false, ...figures(plans) });
    cli.exitCode = exitCodes.failed;
    return;
  }
  const author = person(cli, options.author);
  const { generation, allowances } = await applyConfiguration(hub, {
    configuration,
    plans,
    author,
    principal: await hub.caller.principal(),
  });
  output.line(`Generation ${generation} is active.`);
  const progress = options.wait ? await wait(cli, hub, generation) : undefined;
  const failed = options.wait ? await failedGroups(hub) : [];
  for (const one of failed) output.line(output.safe(failedText(one)));
  if (failed.length > 0) cli.exitCode = exitCodes.held;
  const held = heldCount(plans);
  if (held > 0) {
    output.line(
      `Held: ${plural(held, 'change')}; \`zonebridge approve <firewall>\` shows and releases them.`,
    );
    cli.exitCode = exitCodes.held;
  }
  if (progress?.done === false) cli.exitCode = exitCodes.unreachable;
  const firewalls = plansAsJson(plans);
  output.result({
    ok: failed.length === 0,
    changed: true,
    generation,
    author,
    allowances,
    progress,
    failed,
    ...figures(plans),
    firewalls,
  });
}

async function wait(cli: Cli, hub: HubSession, generation: number): Promise<WalkProgress> {
  let shown = '';
  const progress = ({ shards, dirty }: WalkProgress): void => {
    const text = `${shards.done} of ${shards.of} shards walked, ${dirty} addresses to look at`;
    if (text !== shown) cli.output.note(text);
    shown = text;
  };
  const end = await waitForWalk(hub, { generation, timeoutMs, progress });
  cli.output.line(
    end.done
      ? 'Every endpoint was walked and every firewall has been told.'
      : 'Not every firewall has it yet; the hub goes on by itself, `zonebridge status` shows how far.',
  );
  return end;
}
