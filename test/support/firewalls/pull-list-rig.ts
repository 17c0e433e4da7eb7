import { pullList } from '../../../lib/firewalls/pull-list/index.ts';
import {
  type BucketSimulator,
  startBucketSimulator,
} from '../../../lib/firewalls/pull-list/simulator/index.ts';
import type { FillRequest, Rig } from './rig.ts';
import { countRequests, registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

/** Entries that the reader of the rig takes: a little more than the largest group that is tried. */
const entriesMax = 10_100;

/** Settings that reach a simulated bucket. */
export function listSettings(
  simulator: BucketSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  // The SDK signs every call; the simulator takes any key.
  process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  return {
    address: '127.0.0.1',
    port: simulator.port,
    ca: simulator.ca,
    bucket: simulator.bucket,
    region: 'eu-central-1',
    hostName: 'lists.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1',
    readers: { 'edge-1': { sources: ['127.0.0.1/32'], entriesMax } },
    ...more,
  };
}

export async function startPullListRig(): Promise<Rig & { simulator: BucketSimulator }> {
  const simulator = await startBucketSimulator();
  const settings = listSettings(simulator);
  const { objects } = simulator;
  const key = (name: string): string => `lists/${name}`;
  const store = (name: string, comment: string, lines: readonly string[]): void => {
    const metadata = { 'zonebridge-comment': encodeURIComponent(comment), 'zonebridge-filled': 'yes' };
    objects.put(key(name), {
      body: lines.map((line) => `${line}\n`).join(''),
      contentType: 'text/plain',
      metadata,
    });
  };
  const append = (name: string, lines: readonly string[]): void => {
    const object = objects.get(name);
    if (object)
      objects.put(name, { ...object, body: object.body + lines.map((line) => `${line}\n`).join('') });
  };
  return {
    simulator,
    module: registered(pullList.kind),
    ...settingsAndWrongOnes(settings, { bucket: 'nowhere' }),
    channels: {
      pull: {
        // Read, then written on condition of what was read.
        oneChange: { added: { reads: 1, writes: 1 }, removed: { reads: 1, writes: 1 } },
        // Calls do not grow with the list, its bytes do: 10,000 addresses of 12 characters, four times.
        bytesMax: 600_000,
        sizes: [10, 1_000, 10_000],
        renames: false,
        tellsUse: false,
      },
    },
    credential: JSON.stringify({ 'edge-1': 'contract-suite-password' }),
    createForeign: (_, name) => store(name, 'made by a person', ['192.0.2.1']),
    putMember: (_, name, address) => append(key(name), [address]),
    rename: () => {
      throw new Error('no rule follows a rename here');
    },
    useInRule: () => {
      throw new Error('readers do not tell what they use a list for');
    },
    enforced: (_, name) =>
      objects
        .get(key(name))
        ?.body.split('\n')
        .filter((line) => line !== ''),
    seen: () =>
      countRequests(simulator.requests.list(), {
        isRead: ({ method }) => method === 'GET' || method === 'HEAD',
      }),
    fill: (_, name, { commentFor, addresses }: FillRequest) =>
      store(name, commentFor(name), [...addresses].sort()),
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { method: 'PUT' },
      reads: { method: 'GET' },
      tooMuch: 'slow-down',
      // A bucket has no end; what its readers take has.
      fill: () => {
        for (const name of objects.keys()) {
          const lines = (objects.get(name)?.body.split('\n').length ?? 1) - 1;
          const rest = Math.max(0, entriesMax - lines);
          append(
            name,
            Array.from({ length: rest }, (_, at) => `172.16.${at >> 8}.${at & 255}`),
          );
        }
      },
    }),
    calm: () => void simulator.faults.remove(),
    stop: async () => await simulator.stop(),
  };
}
