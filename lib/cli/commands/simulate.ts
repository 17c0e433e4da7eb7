import { Command, InvalidArgumentError } from 'commander';
import { ZonebridgeError } from '../../core/errors.ts';
import { vendorSimulators } from '../../firewalls/simulators.ts';
import type { SimulateKubernetesOptions } from '../../kubernetes/simulator/command.ts';
import type { VendorSimulator } from '../../simulators/vendor.ts';
import { type Cli, examples } from '../cli.ts';
import { listReader } from '../simulate-reader.ts';

export function simulateCommand(cli: Cli): Command {
  const command = new Command('simulate')
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
    );
  for (const vendor of vendorSimulators) command.addCommand(firewall(cli, vendor));
  return command.addCommand(listReader(cli, explained)).addCommand(kubernetes(cli));
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

function firewall(cli: Cli, vendor: VendorSimulator): Command {
  const command = new Command(vendor.kind)
    .summary(vendor.summary)
    .description(vendor.description)
    .option('--port <number>', 'HTTPS port; a free one unless given', port)
    .option('--version <version>', vendor.versions);
  for (const { flags, description } of vendor.options) command.option(flags, description);
  return command
    .option('--faults <file>', 'JSON file of faults to inject')
    .option('--certificates <folder>', 'where the certificate authority is kept; a new one unless given')
    .addHelpText('after', examples(...vendor.examples))
    .action((options: FirewallOptions) => simulateFirewall(cli, vendor, options));
}

/** What commander parsed: the common options, and the vendor's own as text. */
interface FirewallOptions {
  port?: number;
  version?: string;
  faults?: string;
  certificates?: string;
  [own: string]: string | number | undefined;
}

async function simulateFirewall(cli: Cli, vendor: VendorSimulator, options: FirewallOptions): Promise<void> {
  const { serveSimulator } = await import('../../simulators/serve.ts');
  const { port: onPort, version, faults, certificates, ...own } = options;
  const at = (file: string | undefined) => (file === undefined ? undefined : cli.path(file));
  const more = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [
      name,
      vendor.files.includes(name) ? at(String(value)) : String(value),
    ]),
  );
  try {
    await serveSimulator(vendor, {
      port: onPort,
      version,
      faultsFile: at(faults),
      certificateDirectory: at(certificates),
      more,
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
