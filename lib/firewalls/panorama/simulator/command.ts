import {
  namesIn,
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

export const panoramaSimulator: VendorSimulator = {
  kind: 'panorama',
  summary: 'a PAN-OS firewall or a Panorama',
  description:
    'Prints one JSON line with url, caFile, apiKey, user, password and pid, then serves the XML interface of PAN-OS until Ctrl-C.\n' +
    'Paths below /_simulator/ show its log, change the device and inject faults.',
  versions: 'PAN-OS version, such as 10.2.9 or 11.1.4',
  options: [
    {
      flags: '--managed <serials>',
      description:
        'be a Panorama with these firewalls, separated by commas; serial@group puts one in a group',
    },
    {
      flags: '--device-groups <names>',
      description: 'be a Panorama with these device groups, separated by commas; emea/berlin is below emea',
    },
    { flags: '--job-ms <milliseconds>', description: 'how long a commit takes; 0 unless given' },
    {
      flags: '--redistribution-ms <milliseconds>',
      description: 'how long tags of the Panorama take to its firewalls; it redistributes none unless given',
    },
  ],
  files: [],
  examples: [
    ['zonebridge simulate panorama', 'a firewall on a free port'],
    [
      'zonebridge simulate panorama --managed 007051000000001,007051000000002 --device-groups edge',
      'a Panorama with two firewalls',
    ],
    ['zonebridge simulate panorama --version 11.1.4 --faults faults.json', 'with bad behaviour'],
  ],
  start,
};

async function start({ more = {}, ...common }: SimulatorStart): Promise<RunningSimulator> {
  // Only here: the server and its certificates take a while to load.
  const { startPanoramaSimulator } = await import('./index.ts');
  const { groupAddresses, scopePath, taggedAddresses } = await import('./enforced.ts');
  const managed = namesIn(more['managed'] ?? '');
  const deviceGroups = namesIn(more['deviceGroups'] ?? '');
  const kind = managed.length + deviceGroups.length > 0 ? 'panorama' : 'firewall';
  const jobMs = millisecondsIn('--job-ms', more['jobMs']) ?? 0;
  const redistributionMs = millisecondsIn('--redistribution-ms', more['redistributionMs']);
  const simulator = await startPanoramaSimulator({
    ...common,
    kind,
    managed,
    deviceGroups,
    behaviour: { jobMs, redistributionMs },
  });
  const { device, apiKey, administrator } = simulator;
  const { name: user, password } = administrator;
  const [target] = device.managed.keys();
  const [deviceGroup] = device.deviceGroups.names;
  const enforcing = (target === undefined ? undefined : device.managed.get(target)) ?? device;
  return {
    ...reached(simulator),
    get commits() {
      return enforcing.commits;
    },
    login: { apiKey, user, password },
    secret: apiKey,
    settings: {
      device: kind,
      version: device.facts.version,
      ...(target === undefined ? { administrator: user } : { targets: [target] }),
      ...(deviceGroup === undefined || target !== undefined ? {} : { deviceGroup }),
      ...(kind === 'panorama' && target === undefined ? { redistribution: true } : {}),
    },
    members: (channel, name) =>
      channel === 'tags'
        ? taggedAddresses(enforcing, name)
        : groupAddresses(device, scopePath(device, kind === 'panorama' ? deviceGroup : undefined), name),
  };
}

function millisecondsIn(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`${flag} takes milliseconds, not ${text}.`);
  return Number(text);
}
