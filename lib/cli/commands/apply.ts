import { Command, InvalidArgumentError } from 'commander';
import { ZonebridgeError } from '../../core/errors.ts';
import { applyConfiguration, type ApplyRequest, refuseWhileTrying } from '../../app/commands/apply.ts';
import { activeOrNone } from '../../app/state/active-or-none.ts';
import { type FirewallPlan, heldCount, isEmpty, planConfiguration } from '../../app/commands/plan.ts';
import { failedGroups } from '../../app/commands/status.ts';
import { type WalkProgress, waitForWalk } from '../../app/commands/wait-for-walk.ts';
import { withResources } from '../../app/delegation/with-resources.ts';
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
  /** Firewalls that have it first. */
  canary?: string[];
  /** Minutes. */
  promoteAfter?: number;
  /** It takes the place of a canary that is on. */
  endsCanary?: boolean;
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
    .option('--canary <firewall...>', 'only these firewalls have it first; the others when it is promoted')
    .option('--promote-after <minutes>', 'promote by itself when the canary was well for so long', minutes)
    .addHelpText(
      'after',
      examples(
        ['zonebridge apply', 'look, then say yes'],
        ['zonebridge apply --canary edge-1 --promote-after 60', 'on one firewall first'],
        ['zonebridge apply --yes --author mia@example.com --json', 'in a pipeline, after its review'],
      ),
    )
    .action((options: ApplyOptions) => withHub(cli, (hub) => apply(cli, hub, options), { warnings: true }));
}

/** Longest wait for the firewalls. */
const timeoutMs = 5 * 60_000;

export async function apply(cli: Cli, hub: HubSession, options: ApplyOptions): Promise<void> {
  const { output } = cli;
  const configuration = await withResources(hub, hub.configuration);
  const canary = canaryFrom(options);
  const { endsCanary } = options;
  refuseWhileTrying(await activeOrNone(hub.configurations), { configuration, canary, endsCanary });
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
  const principal = await hub.caller.principal();
  const author = person(cli, options.author, principal);
  const { generation, allowances } = await applyConfiguration(hub, {
    configuration,
    plans,
    author,
    principal,
    canary,
    endsCanary,
  });
  const where = canary === undefined ? '' : ` on ${canary.firewalls.join(', ')} first`;
  output.line(`Generation ${generation} is active${where}.`);
  const progress = options.wait ? await wait(cli, hub, generation) : undefined;
  const failed = options.wait ? await failedGroups(hub) : [];
  showWaiting(cli, failed, plans);
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

/** What needs a person: refused members, held changes. */
function showWaiting(
  cli: Cli,
  failed: Awaited<ReturnType<typeof failedGroups>>,
  plans: readonly FirewallPlan[],
): void {
  const { output } = cli;
  for (const one of failed) output.line(output.safe(failedText(one)));
  if (failed.length > 0) cli.exitCode = exitCodes.held;
  const held = heldCount(plans);
  if (held === 0) return;
  output.line(`Held: ${plural(held, 'change')}; \`zonebridge approve <firewall>\` shows and releases them.`);
  cli.exitCode = exitCodes.held;
}

function canaryFrom({ canary, promoteAfter }: ApplyOptions): ApplyRequest['canary'] {
  if (canary !== undefined)
    return {
      firewalls: canary,
      ...(promoteAfter === undefined ? {} : { promoteAfterMs: promoteAfter * 60_000 }),
    };
  if (promoteAfter === undefined) return undefined;
  throw new ZonebridgeError('command/usage', '--promote-after is for --canary');
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 10_080) return value;
  throw new InvalidArgumentError('Give whole minutes, 1 to 10080.');
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
