import { createServer } from 'node:net';
import { pullList } from '../../../lib/firewalls/pull-list/index.ts';
import {
  type BucketSimulator,
  startBucketSimulator,
} from '../../../lib/firewalls/pull-list/simulator/index.ts';
import { firewallModule } from '../../../lib/firewalls/registry.ts';
import { makeServerCertificate } from '../../../lib/simulators/certificates.ts';
import type { FillRequest, Rig, Trouble } from './rig.ts';

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
  const module = firewallModule(pullList.kind);
  if (!module) throw new Error('the registry does not list this vendor');
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
    module,
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
    settings,
    credential: JSON.stringify({ 'edge-1': 'contract-suite-password' }),
    unreachable: async () => ({ ...settings, port: await closedPort() }),
    untrusted: async () => ({ ...settings, ca: (await makeServerCertificate('S3 simulator')).ca }),
    missingScope: () => ({ ...settings, bucket: 'nowhere' }),
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
    seen: () => {
      let [reads, writes] = [0, 0];
      for (const { method, count } of simulator.requests.list()) {
        if (method === 'GET' || method === 'HEAD') reads += count;
        else writes += count;
      }
      return { reads, writes };
    },
    fill: (_, name, { commentFor, addresses }: FillRequest) =>
      store(name, commentFor(name), [...addresses].sort()),
    trouble: (kind) => makeTrouble(simulator, kind, append),
    calm: () => void simulator.faults.remove(),
    stop: async () => await simulator.stop(),
  };
}

function makeTrouble(
  simulator: BucketSimulator,
  kind: Trouble,
  append: (name: string, lines: readonly string[]) => void,
): void {
  switch (kind) {
    case 'reply lost':
      simulator.faults.add({ kind: 'drop-after-commit', method: 'PUT', times: 1 });
      break;
    case 'read cut':
      simulator.faults.add({ kind: 'drop', method: 'GET', times: 1 });
      break;
    case 'unauthorized':
    case 'forbidden':
      simulator.faults.add({ kind });
      break;
    case 'throttled':
      simulator.faults.add({ kind: 'slow-down' });
      break;
    case 'page':
      simulator.faults.add({ kind: 'login-page' });
      break;
    case 'full':
      // A bucket has no end; what its readers take has.
      for (const name of simulator.objects.keys()) {
        const lines = (simulator.objects.get(name)?.body.split('\n').length ?? 1) - 1;
        append(
          name,
          Array.from({ length: Math.max(0, entriesMax - lines) }, (_, at) => `172.16.${at >> 8}.${at & 255}`),
        );
      }
      break;
  }
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}
