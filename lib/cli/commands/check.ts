import { Command } from 'commander';
import { type CheckLine, checkFirewall } from '../../app/commands/check.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { withHub } from '../hub.ts';
import type { Cell } from '../table.ts';

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .summary('prove that a firewall can be kept')
    .description(
      'Calls a firewall from here and looks at reachability, certificate, token, scope, version, clock, rights and the objects of every\n' +
        'group; reads only. A right to write cannot be proved by reading. When all is well, a firewall that the hub left alone is tried again.',
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
        if (!result.ok) cli.exitCode = exitCodes.failed;
        output.result(result);
      }),
    );
}

function row({ name, state, text, remedy }: CheckLine): Cell[] {
  const tone = { ok: 'good', failed: 'bad', warning: 'warn', skipped: 'dim' } as const;
  return [name, { text: state, tone: tone[state] }, text, remedy ?? ''];
}
