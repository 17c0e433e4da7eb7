import { Command } from 'commander';
import { setCredential } from '../../app/commands/set-credential.ts';
import { rotateCredential } from '../../app/commands/rotate-credential.ts';
import { type Cli, examples } from '../cli.ts';
import { acting, type HubSession, standardInput, withHub } from '../hub.ts';

export function secretCommand(cli: Cli): Command {
  return new Command('secret')
    .summary('store or renew the credential of a firewall')
    .description('Credentials lie in AWS Secrets Manager, never in the configuration.')
    .addHelpText(
      'after',
      examples(
        ['zonebridge secret set edge-1 < token.txt', 'store a token'],
        ['zonebridge secret rotate edge-1', 'have the firewall make a new one'],
      ),
    )
    .addCommand(set(cli))
    .addCommand(rotate(cli));
}

function set(cli: Cli): Command {
  return new Command('set')
    .summary('store it')
    .description(
      'Reads the credential (of a FortiGate: the API token) from standard input and stores it. It is never shown, and not taken as an\n' +
        'argument, which other users of the machine could see. A firewall that refused the old one is tried again.\n' +
        'For keys that renew themselves write <API administrator>:<token>, so that it is known whose key it is.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--key-maker', 'the credential of the administrator that makes new keys, read by rotations alone')
    .addHelpText(
      'after',
      examples(
        ['zonebridge secret set edge-1 < token.txt', 'from a file'],
        ['vault read -field=token fw/edge-1 | zonebridge secret set edge-1', 'from another store'],
      ),
    )
    .action((firewall: string, { keyMaker = false }: { keyMaker?: boolean }) =>
      withHub(cli, async (hub) => {
        const { configuration } = hub;
        const text = await standardInput(cli, 'the credential');
        await setCredential(hub, {
          configuration,
          firewall,
          text,
          keyMaker,
          by: (await acting(cli, hub)).name,
        });
        const next = keyMaker ? `secret rotate ${firewall}` : `check ${firewall}`;
        cli.output.line(`Stored. \`zonebridge ${next}\` tries it from here.`);
        cli.output.result({ ok: true, firewall });
      }),
    );
}

interface RotateOptions {
  stdin?: boolean;
  inNetwork?: boolean;
}

function rotate(cli: Cli): Command {
  return new Command('rotate')
    .summary('renew it without a gap')
    .description(
      'Has the firewall make a new key beside the one in use, tests it by reading, puts it in force, and makes the old one useless when\n' +
        'the hub has compared the firewall with the new one, after a minute or two. Whatever fails before leaves the old key in use.\n' +
        'Calls the firewall from here; with --in-network the function in its network does it.',
    )
    .argument('<firewall>', 'id in the configuration')
    .option('--stdin', 'take a key that you made from standard input; the old one is yours to take away')
    .option('--in-network', 'let the rotation function do it, for firewalls that are not reached from here')
    .addHelpText(
      'after',
      examples(
        ['zonebridge secret rotate edge-1', 'where `rotateKeyDays` is configured'],
        ['zonebridge secret rotate edge-1 --stdin < new-token.txt', 'with a key that you made'],
      ),
    )
    .action((firewall: string, options: RotateOptions) =>
      withHub(cli, (hub) => rotateFrom(cli, hub, { firewall, ...options })),
    );
}

async function rotateFrom(
  cli: Cli,
  hub: HubSession,
  { firewall, stdin = false, inNetwork = false }: RotateOptions & { firewall: string },
): Promise<void> {
  const { output } = cli;
  const key = stdin ? await standardInput(cli, 'the new credential') : undefined;
  const result = await rotateCredential(hub, {
    configuration: hub.configuration,
    firewall,
    key,
    inNetwork,
    by: (await acting(cli, hub)).name,
    progress: (text) => output.note(text),
  });
  output.line(outcome(firewall, result));
  output.result({ ok: true, firewall, ...result });
}

function outcome(firewall: string, result: Awaited<ReturnType<typeof rotateCredential>>): string {
  if (result.state === 'started')
    return `The rotation of ${firewall} was started; its alarm tells if it fails.`;
  if (result.state === 'revoked') return `${firewall} has a new key; the old one is worthless.`;
  return `${firewall} has a new key; the old one is still valid: ${result.because}.`;
}
