import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { QualifyResult } from '../../app/qualify/qualify-firewall.ts';
import { type Cli, examples } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { exitCodes } from '../exit-codes.ts';
import { withHub } from '../hub.ts';

interface Options {
  channels?: string;
  report?: string;
  size: number;
  yes?: boolean;
}

export function qualifyCommand(cli: Cli): Command {
  return new Command('qualify')
    .summary('try every promise on a device, in a scope of its own')
    .description(
      'Makes objects in the scope that a firewall entry names (a scratch VDOM, ADOM, domain or device group that no group publishes to),\n' +
        'tries every promise that Zonebridge relies on, asks what no source tells, and takes everything away again. A version that kept\n' +
        'all of them is noted as qualified: `requireQualification: true` on a firewall lets `apply` refuse versions that are not.',
    )
    .argument('<firewall>', 'id in the configuration; no group may publish to it')
    .option('--channels <names>', 'channels to try, separated by commas; all unless given')
    .option('--size <number>', 'members of the large object', size, 1000)
    .option('--report <file>', 'write the report to this file (Markdown)')
    .option('-y, --yes', 'do not ask before writing to the device')
    .addHelpText(
      'after',
      examples(
        ['zonebridge qualify edge-scratch --report edge-7.4.4.md', 'before an upgrade of production'],
        ['zonebridge qualify edge-scratch --channels push --size 100 --yes --json', 'in a pipeline'],
      ),
    )
    .action((firewall: string, options: Options) => qualify(cli, firewall, options));
}

async function qualify(cli: Cli, firewall: string, options: Options): Promise<void> {
  const { output } = cli;
  await withHub(cli, async (hub) => {
    const { checkQualifyRequest, qualifyFirewall } = await import('../../app/qualify/qualify-firewall.ts');
    const channels = options.channels?.split(',').map((channel) => channel.trim());
    checkQualifyRequest(hub.ports, hub.configuration, { firewall, channels });
    const question = `Make and remove objects in the scope of ${firewall}?`;
    if (!(await confirm(cli, output.safe(question), options.yes))) {
      output.line('Nothing was written.');
      return output.result({ ok: false });
    }
    const result = await qualifyFirewall(hub.ports, hub.configuration, {
      firewall,
      channels,
      size: options.size,
      by: (await hub.caller.principal()) ?? 'unknown',
      progress: (text) => output.note(text),
    });
    show(cli, result);
    if (options.report !== undefined) {
      const { reportPage } = await import('../../app/qualify/report.ts');
      await writeFile(cli.path(options.report), reportPage(result));
      output.line(`\nReport: ${options.report}`);
    }
    if (!result.ok) cli.exitCode = exitCodes.failed;
    output.result(result);
  });
}

function show({ output }: Cli, { answers, channels, identity, kind, ok }: QualifyResult): void {
  output.line(`${kind} ${output.safe(identity.serial)}, version ${output.safe(identity.version)}`);
  const tone = { kept: 'good', broken: 'bad', 'not possible': 'dim' } as const;
  for (const { channel, left, trials } of channels) {
    output.line();
    output.table({
      head: [`channel ${channel}`, 'result', 'seen', 'calls', 'bytes', 'ms'],
      rows: trials.map(({ bytes, calls, milliseconds, promise, seen, state }) => [
        promise,
        { text: state, tone: tone[state] },
        output.safe(seen),
        String(calls),
        String(bytes),
        String(milliseconds),
      ]),
    });
    if (left.length > 0) output.line(`Left on the device: ${output.safe(left.join(', '))}`);
  }
  if (answers.length > 0) {
    output.line();
    output.table({
      head: ['what no source tells', 'on this device', 'seen'],
      rows: answers.map(({ assumption, seen, state }) => [assumption, state, output.safe(seen)]),
    });
  }
  output.line(ok ? '\nEvery promise was kept.' : '\nNot all promises were kept.');
}

function size(text: string): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1 || value > 100_000)
    throw new InvalidArgumentError('a number from 1 to 100000');
  return value;
}
