import { hasKeys } from './version.ts';
import {
  namesIn,
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

export const fortimanagerSimulator: VendorSimulator = {
  kind: 'fortimanager',
  summary: 'a FortiManager',
  description:
    'Prints one JSON line with url, caFile, user, password, apiKey and pid, then serves the JSON-RPC API of a FortiManager until Ctrl-C.\n' +
    'Paths below /_simulator/ show its log and inject faults.',
  versions: 'FortiManager version, such as 7.4.4 or 7.0.12',
  options: [
    {
      flags: '--adom <names>',
      description: 'administrative domains, separated by commas; root unless given',
    },
    {
      flags: '--devices <names>',
      description: 'devices of each ADOM, separated by commas; fgt-1 unless given',
    },
    { flags: '--workspace <mode>', description: 'disabled (default), normal, workflow or per-adom' },
  ],
  files: [],
  examples: [
    ['zonebridge simulate fortimanager', 'a current one on a free port'],
    [
      'zonebridge simulate fortimanager --version 7.2.5 --adom root,branch --workspace normal',
      'an older one with two ADOMs that have to be locked',
    ],
  ],
  start,
};

async function start({ more = {}, ...common }: SimulatorStart): Promise<RunningSimulator> {
  // Only here: the server and its certificates take a while to load.
  const { startFortimanagerSimulator } = await import('./index.ts');
  const { enforcedAddresses } = await import('./enforced.ts');
  const { workspaceModes } = await import('./settings.ts');
  const workspace = workspaceModes.find((mode) => mode === more['workspace']);
  if (more['workspace'] !== undefined && workspace === undefined)
    throw new RangeError(`--workspace is one of ${workspaceModes.join(', ')}.`);
  const adoms = more['adom'] === undefined ? undefined : namesIn(more['adom']);
  const devices = more['devices'] === undefined ? undefined : namesIn(more['devices']);
  const simulator = await startFortimanagerSimulator({ ...common, workspace, adoms, devices });
  const { manager, apiKey, administrator } = simulator;
  const adom = adoms?.[0] ?? 'root';
  const { name: user, password } = administrator;
  return {
    ...reached(simulator),
    commits: manager.commits,
    login: { user, password, apiKey },
    secret: hasKeys(manager.settings.version) ? apiKey : `${user}:${password}`,
    settings: { version: manager.settings.version, adom },
    members: (channel, name) =>
      enforcedAddresses(manager, { adom, connector: 'zonebridge' }, { channel, name }),
  };
}
