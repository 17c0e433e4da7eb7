import {
  reached,
  type RunningSimulator,
  type SimulatorStart,
  type VendorSimulator,
} from '../../../simulators/vendor.ts';

/** What a reader of the simulated entry is called and logs in with. */
const reader = 'edge-1';

export const pullListSimulator: VendorSimulator = {
  kind: 'pull-list',
  summary: 'the bucket that holds lists',
  description:
    'Prints one JSON line with url, caFile, bucket and pid, then serves the calls of S3 that lists need until Ctrl-C.\n' +
    'Paths below /_simulator/ show the lists and its log, and inject faults. `zonebridge simulate list-reader` is the firewall that fetches.',
  versions: 'nothing: S3 has one version of its API',
  options: [{ flags: '--bucket <name>', description: 'name of the bucket; lists unless given' }],
  files: [],
  examples: [
    ['zonebridge simulate pull-list', 'an empty bucket on a free port'],
    ['zonebridge simulate pull-list --bucket acme-lists --faults faults.json', 'with bad behaviour'],
  ],
  start,
};

async function start({ more = {}, version, ...common }: SimulatorStart): Promise<RunningSimulator> {
  if (version !== undefined) throw new RangeError('S3 has one version of its API: leave --version out.');
  // Only here: the server and its certificates take a while to load.
  const { startBucketSimulator } = await import('./index.ts');
  const { randomBytes } = await import('node:crypto');
  const simulator = await startBucketSimulator({ ...common, bucket: more['bucket'] });
  const { bucket, objects } = simulator;
  const password = randomBytes(18).toString('base64url');
  return {
    ...reached(simulator),
    login: { bucket, reader, password },
    secret: JSON.stringify({ [reader]: password }),
    settings: {
      bucket,
      region: 'eu-central-1',
      hostName: 'lists.example.com',
      certificateArn:
        'arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
      readers: { [reader]: { sources: ['127.0.0.1/32'] } },
    },
    commits: objects.commits,
    members: (_, name) => {
      const text = objects.get(`lists/${name}`)?.body;
      return text?.split('\n').filter((line) => line !== '');
    },
  };
}
