import { Command, InvalidArgumentError } from 'commander';
import { ZonebridgeError } from '../../core/errors.ts';
import type { SimulateOptions } from '../../firewalls/fortigate/simulator/command.ts';
import type { SimulateKubernetesOptions } from '../../kubernetes/simulator/command.ts';
import { type Cli, examples } from '../cli.ts';

export function simulateCommand(cli: Cli): Command {
  return new Command('simulate')
    .summary('run a simulated firewall or Kubernetes API')
    .description(
      'Runs a simulated firewall or Kubernetes API on 127.0.0.1, to try things out without a real one.',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge simulate fortigate --help', 'what the simulated FortiGate can do'],
        ['zonebridge simulate kubernetes --help', 'what the simulated Kubernetes API can do'],
      ),
    )
    .addCommand(fortigate(cli))
    .addCommand(kubernetes(cli));
}

function kubernetes(cli: Cli): Command {
  return new Command('kubernetes')
    .summary('a Kubernetes API with nodes that run pods')
    .description(
      'Prints one JSON line with url, caFile, token, kubeconfig and pid, then serves a Kubernetes API until Ctrl-C.\n' +
        'Deployments make pods, which get nodes and addresses. Paths below /_simulator/ show its state and inject faults.',
    )
    .option('--port <number>', 'HTTPS port; a free one unless given', port)
    .option('--nodes <number>', 'nodes to begin with', count, 3)
    .option('--state <file>', 'keep all objects in this file over restarts')
    .option('--faults <file>', 'JSON file of faults to inject')
    .option(
      '--directory <folder>',
      'where certificate authority and kubeconfig are kept; a new one unless given',
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge simulate kubernetes', 'three nodes on a free port'],
        [
          'zonebridge simulate kubernetes --port 6443 --nodes 20 --directory .cache/shop',
          'the same kubeconfig each time: .cache/shop/kubeconfig',
        ],
        [
          'zonebridge simulate kubernetes --state shop.json --faults faults.json',
          'with memory and bad behaviour',
        ],
      ),
    )
    .action((options: SimulateKubernetesOptions) => simulateApi(cli, options));
}

async function simulateApi(cli: Cli, options: SimulateKubernetesOptions): Promise<void> {
  const { simulateKubernetes } = await import('../../kubernetes/simulator/command.ts');
  const { directory, faults, state } = options;
  const at = (file: string | undefined) => (file === undefined ? undefined : cli.path(file));
  try {
    await simulateKubernetes({ ...options, directory: at(directory), faults: at(faults), state: at(state) });
  } catch (error) {
    throw explained(error);
  }
}

function fortigate(cli: Cli): Command {
  return new Command('fortigate')
    .summary('a FortiGate')
    .description(
      'Prints one JSON line with url, caFile, token and pid, then serves the REST API of a FortiGate until Ctrl-C.\n' +
        'Paths below /_simulator/ show its log and inject faults.',
    )
    .option('--port <number>', 'HTTPS port; a free one unless given', port)
    .option('--version <version>', 'FortiOS version, such as 7.4.4 or 6.4.9')
    .option('--state <file>', 'keep the configuration in this file over restarts')
    .option('--faults <file>', 'JSON file of faults to inject')
    .option('--vdom <names>', 'virtual domains, separated by commas')
    .option('--token-file <file>', 'file that holds the API token; a new token unless given')
    .option('--certificates <folder>', 'where the certificate authority is kept; a new one unless given')
    .addHelpText(
      'after',
      examples(
        ['zonebridge simulate fortigate', 'a current FortiOS on a free port'],
        [
          'zonebridge simulate fortigate --port 8443 --version 6.4.9 --vdom root,dmz',
          'an old one with two VDOMs',
        ],
        [
          'zonebridge simulate fortigate --state edge-1.json --faults faults.json',
          'with memory and bad behaviour',
        ],
      ),
    )
    .action((options: SimulateOptions) => simulate(cli, options));
}

async function simulate(cli: Cli, options: SimulateOptions): Promise<void> {
  // Only here: the server and its certificates take a while to load.
  const { simulateFortigate } = await import('../../firewalls/fortigate/simulator/command.ts');
  const { state, faults, tokenFile, certificates } = options;
  const at = (file: string | undefined) => (file === undefined ? undefined : cli.path(file));
  try {
    await simulateFortigate({
      ...options,
      state: at(state),
      faults: at(faults),
      tokenFile: at(tokenFile),
      certificates: at(certificates),
    });
  } catch (error) {
    throw explained(error);
  }
}

/** The simulator says by RangeError what does not fit; the rest is the operating system's, such as a port in use. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const fromSystem =
    'code' in error && ['EADDRINUSE', 'EACCES', 'ENOENT', 'EISDIR'].includes(String(error.code));
  if (!(error instanceof RangeError) && !fromSystem) return error;
  const code = fromSystem ? 'simulator/not-started' : 'command/usage';
  return new ZonebridgeError(code, error.message, { cause: error });
}

function count(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('a number from 0 to 9999');
  return Number(text);
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return value;
}
