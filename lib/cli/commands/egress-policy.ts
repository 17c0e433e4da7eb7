import { Command, Option } from 'commander';
import { companionPolicy, type PolicyEngine } from '../../app/commands/egress-policy.ts';
import { ZonebridgeError, isZonebridgeError } from '../../core/errors.ts';
import { canonicalPrefix } from '../../core/model/address.ts';
import { type Cli, examples } from '../cli.ts';
import { withHub } from '../hub.ts';
import { plural } from '../time.ts';

interface PolicyOptions {
  engine: PolicyEngine;
  cluster?: string;
  destination?: string[];
}

export function egressPolicyCommand(cli: Cli): Command {
  return new Command('egress-policy')
    .summary('print the policy that keeps other pods out')
    .description(
      'Prints network policies that keep every pod that a group does not select from what lies behind its firewalls. A group of node\n' +
        'addresses needs them: all pods of a node have its address. Writes nothing anywhere; pods in the network of the node are not stopped.\n' +
        'Kubernetes policies only allow, and name the namespaces there are now; those of Calico (3.29 and later) deny, and hold for all.',
    )
    .argument('<group>', 'group of the active generation')
    .addOption(
      new Option('--engine <name>', 'whose policies').choices(['kubernetes', 'calico']).default('kubernetes'),
    )
    .option('--cluster <name>', 'when the group has several')
    .option(
      '--destination <range...>',
      'what lies behind the firewalls; `destinations` of their entries unless given',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge egress-policy storefront > keep-out.yaml', 'to be looked at'],
        [
          'zonebridge egress-policy storefront | kubectl apply --dry-run=server -f -',
          'whether the cluster takes it',
        ],
        ['zonebridge egress-policy storefront --engine calico --destination 172.20.0.0/16', 'other ranges'],
      ),
    )
    .action((group: string, options: PolicyOptions) =>
      withHub(cli, async (hub) => {
        const { engine, cluster } = options;
        const destinations = options.destination?.map(rangeOf);
        const policy = await companionPolicy(hub, { group, engine, cluster, destinations });
        const { objects, yaml } = policy;
        cli.output.note(
          `${plural(objects.length, 'object')} for cluster ${policy.cluster}; destinations ${policy.destinations.join(', ')}`,
        );
        if (cli.output.json) cli.output.result({ ok: true, ...policy });
        else cli.io.stdout.write(yaml);
      }),
    );
}

function rangeOf(text: string): string {
  try {
    return canonicalPrefix(text);
  } catch (error) {
    if (!isZonebridgeError(error)) throw error;
    throw new ZonebridgeError('command/usage', `--destination: ${error.message}`);
  }
}
