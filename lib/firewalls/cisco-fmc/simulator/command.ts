import { readFile } from 'node:fs/promises';
import {
  namesIn,
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

export const fmcSimulator: VendorSimulator = {
  kind: 'cisco-fmc',
  summary: 'a Cisco Secure Firewall Management Center',
  description:
    'Prints one JSON line with url, caFile, the login and pid, then serves the REST API of an FMC until Ctrl-C.\n' +
    'With --version cdfmc it is the one in the cloud, and the login is an API token.\n' +
    'Paths below /_simulator/ show its log and inject faults.',
  versions: 'FMC version, such as 7.4.1 or 10.0, or cdfmc',
  options: [
    { flags: '--domains <names>', description: 'domains below Global, separated by commas' },
    {
      flags: '--credential-file <file>',
      description: 'file that holds user:password, or the API token; new ones unless given',
    },
  ],
  files: ['credentialFile'],
  examples: [
    ['zonebridge simulate cisco-fmc', 'a current release on a free port'],
    [
      'zonebridge simulate cisco-fmc --port 8443 --version 7.0 --domains DEV',
      'the oldest one, with two domains',
    ],
    ['zonebridge simulate cisco-fmc --version cdfmc', 'the one in the cloud'],
  ],
  start,
};

async function start({ more = {}, ...common }: SimulatorStart): Promise<RunningSimulator> {
  // Only here: the server and its certificates take a while to load.
  const { startFmcSimulator } = await import('./index.ts');
  const { enforcedAddresses } = await import('./enforced.ts');
  const { formatRelease } = await import('./version.ts');
  const { domains, credentialFile } = more;
  const simulator = await startFmcSimulator({
    ...common,
    domains: domains === undefined ? undefined : namesIn(domains),
    credentials: credentialFile === undefined ? {} : parse((await readFile(credentialFile, 'utf8')).trim()),
  });
  const { secret, manager, credentials } = simulator;
  const cloud = manager.settings.release === 'cdfmc';
  const { user, password, apiToken } = credentials;
  return {
    ...reached(simulator),
    secret,
    commits: manager.commits,
    login: cloud ? { token: apiToken } : { user, password },
    settings: { version: formatRelease(manager.settings.release), ...(cloud ? { cloud: {} } : {}) },
    members: (channel, name) => enforcedAddresses(manager, channel, name),
  };
}

function parse(text: string): { user: string; password: string } | { apiToken: string } {
  const colon = text.indexOf(':');
  return colon < 0 ? { apiToken: text } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
