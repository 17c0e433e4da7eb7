import { Command } from 'commander';
import { setCredential } from '../../app/commands/set-credential.ts';
import { type Cli, examples } from '../cli.ts';
import { standardInput, withHub } from '../hub.ts';

export function secretCommand(cli: Cli): Command {
  return new Command('secret')
    .summary('store the credential of a firewall')
    .description('Credentials lie in AWS Secrets Manager, never in the configuration.')
    .addHelpText('after', examples(['zonebridge secret set edge-1 < token.txt', 'store a token']))
    .addCommand(set(cli));
}

function set(cli: Cli): Command {
  return new Command('set')
    .summary('store it')
    .description(
      'Reads the credential (of a FortiGate: the API token) from standard input and stores it. It is never shown, and not taken as an\n' +
        'argument, which other users of the machine could see. A firewall that refused the old one is tried again.',
    )
    .argument('<firewall>', 'id in the configuration')
    .addHelpText(
      'after',
      examples(
        ['zonebridge secret set edge-1 < token.txt', 'from a file'],
        ['vault read -field=token fw/edge-1 | zonebridge secret set edge-1', 'from another store'],
      ),
    )
    .action((firewall: string) =>
      withHub(cli, async (hub) => {
        const { configuration } = hub;
        const text = await standardInput(cli, 'the credential');
        await setCredential(hub, { configuration, firewall, text });
        cli.output.line(`Stored. \`zonebridge check ${firewall}\` tries it from here.`);
        cli.output.result({ ok: true, firewall });
      }),
    );
}
