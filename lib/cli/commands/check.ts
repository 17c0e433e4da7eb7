import { Command } from 'commander';
import { type CheckLine, type CheckResult, checkFirewall } from '../../app/commands/check.ts';
import { type Cli, examples } from '../cli.ts';
import { type ExitCode, exitCodes, isUnreachable } from '../exit-codes.ts';
import { withHub } from '../hub.ts';
import type { Cell } from '../table.ts';

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .summary('prove that a firewall can be kept')
    .description(
      'Calls a firewall from here and looks at reachability, certificate, token, scope, version, clock, rights and the objects of every\n' +
        'group; reads only. A right to write cannot be proved by reading. When all is well, a firewall that the hub left alone is tried again.\n' +
        'Exit code 4 when its only problem is that it does not answer.',
    )
    .argument('<firewall>', 'id in the configuration')
    .addHelpText(
      'after',
      examples(['zonebridge check edge-1', 'after a credential or certificate was renewed']),
    )
    .action((firewall: string) =>
      withHub(cli, async (hub) => {
        const { output } = cli;
        const result = await checkFirewall(hub, hub.configuration, firewall);
        output.table({ head: ['check', 'result', 'seen', 'what to do'], rows: result.lines.map(row) });
        if (result.circuitClosed) output.line(`The hub tries ${firewall} again.`);
        if (!result.ok) cli.exitCode = exitCodeOf(result);
        output.result(result);
      }),
    );
}

/** Of several kinds of problems those that need a person count: trying again mends only what did not answer. */
function exitCodeOf({ lines }: CheckResult): ExitCode {
  const failed = lines.filter(({ state }) => state === 'failed');
  return failed.every(({ code }) => isUnreachable(code)) ? exitCodes.unreachable : exitCodes.failed;
}

function row({ name, state, text, remedy }: CheckLine): Cell[] {
  const tone = { ok: 'good', failed: 'bad', warning: 'warn', skipped: 'dim' } as const;
  return [name, { text: state, tone: tone[state] }, text, remedy ?? ''];
}
