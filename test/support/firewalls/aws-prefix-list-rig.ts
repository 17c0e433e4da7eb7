import { awsPrefixList } from '../../../lib/firewalls/aws-prefix-list/index.ts';
import { isRead } from '../../../lib/firewalls/aws-prefix-list/simulator/api.ts';
import { enforcedAddresses } from '../../../lib/firewalls/aws-prefix-list/simulator/enforced.ts';
import {
  type PrefixListSimulator,
  startPrefixListSimulator,
} from '../../../lib/firewalls/aws-prefix-list/simulator/index.ts';
import { StoredList } from '../../../lib/firewalls/aws-prefix-list/simulator/stored-list.ts';
import { entryOf } from '../../../lib/firewalls/aws-prefix-list/translate.ts';
import type { Rig } from './rig.ts';
import { countRequests, registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

/** Settings that reach a simulator. */
export function settingsFor(
  { port, ca, region }: PrefixListSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { account, region: name } = region.settings;
  return { account, region: name, maxEntries: 1_000, address: '127.0.0.1', port, ca, ...more };
}

const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;

/** Makes this process a caller with the key of a simulator, as the role of a function is one; returns what ends it. */
export function callAs({ key }: Pick<PrefixListSimulator, 'key'>, sessionToken?: string): () => void {
  const before = variables.map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  set('AWS_ACCESS_KEY_ID', key.accessKeyId);
  set('AWS_SECRET_ACCESS_KEY', key.secretAccessKey);
  set('AWS_SESSION_TOKEN', sessionToken);
  return () => {
    for (const [name, value] of before) set(name, value);
  };
}

export async function startPrefixListRig(): Promise<Rig & { simulator: PrefixListSimulator }> {
  const simulator = await startPrefixListSimulator();
  const { region } = simulator;
  const settings = settingsFor(simulator);
  const leave = callAs(simulator);
  return {
    simulator,
    module: registered(awsPrefixList.kind),
    ...settingsAndWrongOnes(settings, { region: 'eu-nowhere-1' }),
    channels: {
      entries: {
        oneChange: { added: { reads: 2, writes: 1 }, removed: { reads: 1, writes: 1 } },
        bytesMax: 9_000,
        sizes: [10, 900],
        renames: true,
      },
    },
    credential: simulator.key.secretAccessKey,
    createForeign: (_, name) => void seed(simulator, name, { comment: 'made by a person', addresses: [] }),
    putMember: (_, name, address) => {
      const { cidr, family } = entryOf(address);
      const list = region.named(family === 4 ? name : `${name}.v6`, family);
      list?.next([...list.entries(), { cidr, description: undefined }]);
    },
    rename: (_, name, to) => {
      const lists = [region.named(name, 4), region.named(`${name}.v6`, 6)];
      for (const list of lists) if (list) list.name = list.family === 4 ? to : `${to}.v6`;
    },
    useInRule: (_, name) => {
      const list = region.named(name, 4)?.id ?? '';
      const resourceId = `sg-${String(region.associations.length).padStart(17, '0')}`;
      region.associations.push({ list, resourceId, resourceOwner: region.settings.account });
      return resourceId;
    },
    enforced: (_, name) => enforcedAddresses(region, name),
    seen: () => countRequests(simulator.requests.list(), { isRead: ({ pattern }) => isRead(pattern) }),
    fill: (_, name, { addresses, commentFor }) =>
      void seed(simulator, name, { comment: commentFor(name).split(' ')[0] ?? '', addresses }),
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { path: '^/(Create|Modify|Delete)' },
      reads: { path: '^/(Describe|Get)' },
      tooMuch: 'request-limit',
      fill: () => void (region.settings.closed = true),
    }),
    lag: () => void simulator.faults.add({ kind: 'stale' }),
    enter: () => void callAs(simulator),
    calm: () => {
      simulator.faults.remove();
      region.settings.closed = false;
    },
    stop: async () => {
      leave();
      await simulator.stop();
    },
  };
}

let seeded = 0;

/** Puts a list for IPv4 there as somebody would by hand. */
export function seed(
  { region }: PrefixListSimulator,
  name: string,
  {
    comment,
    addresses,
    maxEntries = 1_000,
  }: { comment: string; addresses: readonly string[]; maxEntries?: number },
): StoredList {
  const offered = /^zonebridge:offer:(.*)$/.exec(comment)?.[1];
  const list = new StoredList({
    id: `pl-${String(++seeded).padStart(17, '0')}`,
    name,
    family: 4,
    owner: region.settings.account,
    maxEntries,
    tags: new Map([offered === undefined ? ['zonebridge:mark', comment] : ['zonebridge:offer', offered]]),
  });
  list.put(addresses.map((address) => ({ cidr: entryOf(address).cidr, description: undefined })));
  return region.seed(list);
}
