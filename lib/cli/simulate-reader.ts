import { Command, InvalidArgumentError } from 'commander';
import { simulateListReader } from '../firewalls/simulators.ts';
import { type Cli, examples } from './cli.ts';

interface Options {
  url: string;
  ca: string;
  dialect: string;
  user?: string;
  passwordFile?: string;
  every: number;
  once?: true;
}

/** `simulate list-reader`: a firewall that fetches a list. `explained` turns what does not fit into an error of the command line. */
export function listReader(cli: Cli, explained: (error: unknown) => unknown): Command {
  return new Command('list-reader')
    .summary('a firewall that fetches a list by itself')
    .description(
      'Fetches an HTTPS list again and again, keeps the last good one, and prints one JSON line each time: the answer, and how many entries it holds.\n' +
        'Ctrl-C ends it.',
    )
    .requiredOption('--url <address>', 'the list')
    .requiredOption('--ca <file>', 'authority (PEM) of its certificate')
    .option('--dialect <kind>', 'fortios, fortios-7.4.3, pan-os, generic-text or fmc-feed', 'fortios')
    .option('--user <name>', 'name of the reader')
    .option('--password-file <file>', 'file that holds its password')
    .option('--every <seconds>', 'seconds from one look to the next', seconds, 60)
    .option('--once', 'look once, print what it holds, and end')
    .addHelpText(
      'after',
      examples(
        [
          'zonebridge simulate list-reader --url https://lists.fw.example.com/zb-prod.shop --ca ca.pem --user branch --password-file branch.txt',
          'what a FortiGate would have',
        ],
        [
          'zonebridge simulate list-reader --url https://127.0.0.1:4430/_simulator/served/zb-prod.shop --ca ca.pem --once',
          'a list in `zonebridge simulate pull-list`',
        ],
      ),
    )
    .action(async ({ every, ca, passwordFile, once, ...options }: Options) => {
      const { untilStopped } = await import('../simulators/until-stopped.ts');
      const print = (line: string) => void cli.io.stdout.write(`${line}\n`);
      const files = {
        ca: cli.path(ca),
        passwordFile: passwordFile === undefined ? undefined : cli.path(passwordFile),
      };
      const request = { ...options, ...files, everySeconds: every, once: once === true };
      try {
        await simulateListReader(request, print, untilStopped());
      } catch (error) {
        throw explained(error);
      }
    });
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('a number from 1 to 999999');
  return Number(text);
}
