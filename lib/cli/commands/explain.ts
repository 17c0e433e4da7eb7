import { Command } from 'commander';
import { explain } from '../../app/commands/explain-group.ts';
import type { Explanation } from '../../app/commands/explain.ts';
import type { Step } from '../../app/commands/explain-place.ts';
import { type Cli, examples } from '../cli.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { withActiveHub } from '../hub.ts';
import { listed } from '../../app/unknown-name.ts';
import { moment } from '../time.ts';

export function explainCommand(cli: Cli): Command {
  return new Command('explain')
    .summary('why an address is or is not on a firewall')
    .description(
      'Follows an address or endpoint from the cluster to each firewall, step by step with times (UTC), and says where it ended.\n' +
        'Of a group it tells what it selects and how it stands on each firewall.',
    )
    .argument('<subject>', 'address, namespace/pod, cluster/namespace/pod, node, or group')
    .addHelpText(
      'after',
      examples(
        ['zonebridge explain 10.20.3.4', 'an address seen in a firewall log'],
        ['zonebridge explain shop/web-6f7c9-x2x4p', 'a pod'],
        ['zonebridge explain storefront', 'a group'],
      ),
    )
    .action((subject: string) =>
      withActiveHub(cli, async (hub) => {
        const explanation = await explain(hub, subject);
        // A lone word that is nothing at all is a slip; an address or a pod that is gone is an answer.
        if (!explanation.found && explanation.kind === 'endpoint' && !subject.includes('/'))
          throw new ZonebridgeError(
            'command/usage',
            `nothing is called ${subject}: no group, node or pod; groups are: ${listed((await hub.active()).configuration.groups)}`,
          );
        show(cli, explanation);
        cli.output.result({ ok: true, ...explanation });
      }),
    );
}

/** Endpoints shown; the address of a node leads to every pod on it. */
const shownMax = 10;

function show(cli: Cli, explanation: Explanation): void {
  const { output } = cli;
  const { bold, green, yellow, dim } = output.colors;
  if (!explanation.found)
    output.line(`Nothing known of ${output.safe(explanation.asked)}. Where was looked:`);
  showSteps(cli, explanation.steps, '');
  for (const { title, steps, selections } of explanation.endpoints.slice(0, shownMax)) {
    output.line(bold(output.safe(title)));
    showSteps(cli, steps, '  ');
    for (const { group, selected, reason, refused } of selections) {
      const word = selected ? green('selected by') : dim('not selected by');
      output.line(`  ${word} ${group}: ${output.safe(reason)}`);
      for (const one of refused) output.line(`    ${yellow('refused')}: ${output.safe(one.reason)}`);
    }
  }
  const more = explanation.endpoints.length - shownMax;
  if (more > 0) output.line(`and ${more} more endpoints, see --json`);
  for (const { address, group, firewall, on, reason, text, steps } of explanation.verdicts) {
    output.line(bold(`${address} in ${group} on ${firewall}`));
    showSteps(cli, steps, '  ');
    const mark = on ? green('on the firewall by our record') : yellow('not on the firewall by our record');
    output.line(`  ${mark} (${reason}): ${output.safe(text)}`);
  }
}

function showSteps({ output }: Cli, steps: readonly Step[], indent: string): void {
  const blank = ' '.repeat(moment(0).length);
  for (const { at, text } of steps)
    output.line(`${indent}${at === undefined ? blank : moment(at)}  ${output.safe(text)}`);
}
