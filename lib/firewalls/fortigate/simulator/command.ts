import { readFile } from 'node:fs/promises';
import {
  namesIn,
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

export const fortigateSimulator: VendorSimulator = {
  kind: 'fortigate',
  summary: 'a FortiGate',
  description:
    'Prints one JSON line with url, caFile, token and pid, then serves the REST API of a FortiGate until Ctrl-C.\n' +
    'Paths below /_simulator/ show its log and inject faults.',
  versions: 'FortiOS version, such as 7.4.4 or 6.4.9',
  options: [
    { flags: '--state <file>', description: 'keep the configuration in this file over restarts' },
    { flags: '--vdom <names>', description: 'virtual domains, separated by commas' },
    {
      flags: '--token-file <file>',
      description: 'file that holds the API token; a new token unless given',
    },
  ],
  files: ['state', 'tokenFile'],
  examples: [
    ['zonebridge simulate fortigate', 'a current FortiOS on a free port'],
    [
      'zonebridge simulate fortigate --port 8443 --version 6.4.9 --vdom root,dmz',
      'an old one with two VDOMs',
    ],
    [
      'zonebridge simulate fortigate --state edge-1.json --faults faults.json',
      'with memory and bad behaviour',
    ],
  ],
  start,
};

async function start({ more = {}, ...common }: SimulatorStart): Promise<RunningSimulator> {
  // Only here: the server and its certificates take a while to load.
  const { startFortigateSimulator } = await import('./index.ts');
  const { enforcedAddresses } = await import('./enforced.ts');
  const { state, vdom, tokenFile } = more;
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
  const simulator = await startFortigateSimulator({
    ...common,
    stateFile: state,
    vdoms: vdom === undefined ? undefined : namesIn(vdom),
    token,
  });
  const { commits, device } = simulator;
  return {
    ...reached(simulator),
    commits,
    login: { token: simulator.token },
    secret: simulator.token,
    settings: { version: device.settings.version.join('.'), managedBy: 'none' },
    members: (channel, name) => enforcedAddresses(device, channel, name),
  };
}
