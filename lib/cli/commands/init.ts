import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';

export function initCommand(cli: Cli): Command {
  return new Command('init')
    .summary('write a commented first configuration')
    .description('Writes a commented zonebridge.yaml to start from. Never overwrites a file.')
    .addHelpText(
      'after',
      examples(
        ['zonebridge init', 'zonebridge.yaml in this folder'],
        ['zonebridge init --config staging/zonebridge.yaml', 'somewhere else'],
      ),
    )
    .action(() => init(cli));
}

async function init(cli: Cli): Promise<void> {
  const file = cli.configPath;
  const shown = path.relative(cli.io.cwd, file) || file;
  const starter = await readFile(new URL('../starter.yaml', import.meta.url), 'utf8');
  await writeFile(file, starter, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    throw new ZonebridgeError('file/not-written', `${shown} ${refusals[cause.code ?? ''] ?? cause.message}`, {
      cause,
    });
  });
  cli.output.line(`Wrote ${shown}. Next:`);
  cli.output.line('  1. Replace the example values; the comments say what belongs where.');
  cli.output.line('  2. Put the CA certificate of your firewall into edge-1-ca.pem beside it.');
  cli.output.line('  3. Run `zonebridge validate`.');
  cli.output.result({ ok: true, file: shown });
}

const refusals: Readonly<Record<string, string>> = {
  EEXIST: 'exists already and is left as it is; name another file with --config',
  EISDIR: 'is a folder; name a file in it with --config',
  ENOENT: 'cannot be written: its folder does not exist',
  EACCES: 'cannot be written: no permission',
};
