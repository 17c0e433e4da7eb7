import { randomBytes } from 'node:crypto';
import type { App } from '../app/compose.ts';
import { ListServer } from '../app/lists/serve-lists.ts';
import type { DevicePorts } from '../app/ports.ts';
import { listReader } from '../firewalls/simulators.ts';
import { CommitLog } from '../simulators/commit-log.ts';
import type { RunningSimulator } from '../simulators/vendor.ts';
import { sandboxRegion } from './configuration.ts';
import { openListFront } from './list-front.ts';

/** How often the simulated firewall looks; a real one does so once a minute at best. */
const everyMs = 1_000;
const user = 'branch';

type Reader = ReturnType<typeof listReader>;

/**
 * A simulated FortiGate that fetches lists of an entry by itself, over HTTPS, from what serves them in the product. They lie in the bucket that
 * the stack made. From the first question for a list on it fetches that one; a commit is a list that it has got. `app` is asked for once the
 * product runs.
 */
export async function startFetching(
  firewall: string,
  app: () => App<DevicePorts>,
): Promise<Omit<RunningSimulator, 'port' | 'caFile'>> {
  let server: ListServer | undefined;
  const front = await openListFront(() => (server ??= new ListServer(app(), firewall)), '127.0.0.1');
  const login = { user, password: randomBytes(18).toString('base64url') };
  const readers = new Map<string, Reader>();
  const commits = new CommitLog();
  const add = (name: string): Reader => {
    const reader = listReader('fortios', { url: `${front.url}/${name}`, ca: front.ca, login });
    readers.set(name, reader);
    return reader;
  };
  const look = async (reader: Reader): Promise<void> => {
    if ((await reader.poll()).changed) commits.append({});
  };
  let looking: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    looking ??= Promise.all([...readers.values()].map(look)).finally(() => (looking = undefined));
  }, everyMs);
  return {
    url: front.url,
    ca: front.ca,
    login,
    secret: JSON.stringify({ [user]: login.password }),
    settings: {
      bucket: 'zonebridge-sandbox-lists',
      region: sandboxRegion,
      hostName: 'lists.example.com',
      certificateArn: `arn:aws:acm:${sandboxRegion}:111122223333:certificate/00000000-0000-0000-0000-000000000000`,
      readers: { [user]: { sources: ['127.0.0.1/32'] } },
    },
    commits,
    members: (_, name) => (readers.get(name) ?? add(name)).held?.entries,
    stop: async () => {
      clearInterval(timer);
      await looking;
      await front.stop();
    },
  };
}
