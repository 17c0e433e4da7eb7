import {
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

export const prefixListSimulator: VendorSimulator = {
  kind: 'aws-prefix-list',
  summary: 'the prefix lists of EC2',
  description:
    'Prints one JSON line with url, caFile, an access key, account and region, then serves the calls of EC2 that concern managed prefix\n' +
    'lists until Ctrl-C, for the SDKs and the CLI of AWS. Paths below /_simulator/ show its log and inject faults.',
  versions: 'version of the API, 2016-11-15 only',
  options: [
    { flags: '--account <number>', description: 'whose lists they are; 111122223333 unless given' },
    { flags: '--region <name>', description: 'where they lie; eu-central-1 unless given' },
    { flags: '--modify-ms <number>', description: 'how long a change is in progress; 400 unless given' },
  ],
  files: [],
  examples: [
    ['zonebridge simulate aws-prefix-list', 'on a free port'],
    ['zonebridge simulate aws-prefix-list --port 8443 --modify-ms 5000', 'a slow one'],
  ],
  start,
};

async function start({ version, more = {}, ...common }: SimulatorStart): Promise<RunningSimulator> {
  if (version !== undefined && version !== '2016-11-15')
    throw new RangeError(`EC2 has the API version 2016-11-15, not ${JSON.stringify(version)}.`);
  // Only here: the server and its certificates take a while to load.
  const { startPrefixListSimulator } = await import('./index.ts');
  const { enforcedAddresses } = await import('./enforced.ts');
  const simulator = await startPrefixListSimulator({
    ...common,
    account: more['account'],
    region: more['region'],
    modifyMs: Number(more['modifyMs'] ?? 400),
  });
  const { key, region } = simulator;
  const { account, region: name } = region.settings;
  return {
    ...reached(simulator),
    commits: region.commits,
    login: { ...key, account, region: name },
    secret: '',
    settings: { account, region: name, maxEntries: 1_000 },
    members: (_, object) => enforcedAddresses(region, object),
  };
}
