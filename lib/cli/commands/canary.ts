import { Command } from 'commander';
import { beforeCanary, canaryOf, promoteCanary } from '../../app/rollout/canary.ts';
import { type Cli, examples } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { person, withActiveHub } from '../hub.ts';
import { unconfirmed } from '../../app/person.ts';
import { apply } from './apply.ts';

export function canaryCommand(cli: Cli): Command {
  return new Command('canary')
    .summary('end the trial of a generation')
    .description(
      '`apply --canary <firewall>` gives a new generation to that firewall first. Then it is promoted to all, or aborted.\n' +
        'Meanwhile the others stay with the groups of the generation before; what the clusters do is followed everywhere.\n' +
        'Groups alone can be tried: a generation that changes anything else, or takes a group from another firewall, is refused.',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge canary promote', 'all firewalls follow'],
        ['zonebridge canary abort', 'the canary goes back'],
      ),
    )
    .addCommand(promote(cli))
    .addCommand(abort(cli));
}

function promote(cli: Cli): Command {
  return new Command('promote')
    .summary('give the generation to all firewalls')
    .description('What the plan showed for the other firewalls happens there now; the brakes stay in force.')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .option(
      '--author <name>',
      'who promotes, where AWS does not say it; the user of the pipeline or machine unless given',
    )
    .addHelpText('after', examples(['zonebridge canary promote', 'after a look at `zonebridge status`']))
    .action(({ yes, author }: { yes?: boolean; author?: string }) =>
      withActiveHub(cli, async (hub) => {
        const active = await hub.active();
        const { firewalls } = canaryOf(active);
        const question = `Give generation ${active.generation}, tried on ${firewalls.join(', ')}, to all firewalls?`;
        if (!(await confirm(cli, question, yes))) {
          cli.output.line('Nothing was changed.');
          cli.output.result({ ok: false, promoted: false });
          cli.exitCode = exitCodes.failed;
          return;
        }
        const { generation } = await promoteCanary(hub, {
          by: (await hub.caller.principal()) ?? unconfirmed(person(cli, author)),
        });
        cli.output.line(`Generation ${generation} is on its way to all firewalls.`);
        cli.output.result({ ok: true, promoted: true, generation });
      }),
    );
}

interface AbortOptions {
  yes?: boolean;
  author?: string;
  wait: boolean;
}

function abort(cli: Cli): Command {
  return new Command('abort')
    .summary('return the canary to the generation before')
    .description(
      'Applies the groups of the generation before, as a new generation on all firewalls: shows the plan, asks, waits. What else the\n' +
        'configuration says stays that of the canary: change it back and `zonebridge apply`.',
    )
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .option('--author <name>', 'who aborts; the user of the pipeline or machine unless given')
    .option('--no-wait', 'return as soon as the generation is active')
    .addHelpText('after', examples(['zonebridge canary abort', 'when the canary is not well']))
    .action((options: AbortOptions) =>
      withActiveHub(cli, async (hub) => {
        const configuration = await beforeCanary(hub);
        await apply(cli, { ...hub, configuration }, { ...options, endsCanary: true });
      }),
    );
}
