import type {
  ConnectionRequest,
  DeviceIdentity,
  FirewallConnection,
  ObjectRef,
} from '../../core/firewall.ts';
import { admit } from '../shared/admission.ts';
import { byChannel } from '../shared/channels.ts';
import { marks } from '../shared/marks.ts';
import { repeatRead } from '../shared/repeat-read.ts';
import { ListBucket, type StoredList } from './bucket.ts';
import { pullChannel } from './pull.ts';
import type { PullListSettings } from './schema.ts';

/** The version of the S3 API; a bucket has no software of its own. */
const version = 'S3 2006-03-01';

/** Opens nothing yet: the first call does. */
export function openConnection(request: ConnectionRequest<PullListSettings>): FirewallConnection {
  const { settings, clock } = request;
  const bucket = new ListBucket(settings);
  const seen = marks((name) => request.commentFor(name));
  let identity: DeviceIdentity | undefined;

  const may = async (call: string): Promise<number> => await admit(request, call, settings.timeoutMs);
  const read = async ({ name }: ObjectRef): Promise<StoredList | undefined> =>
    await repeatRead(clock, async () => await bucket.read(name, await may(`GET ${name}`)));
  const pull = pullChannel({ bucket, settings, marks: seen, read, may });
  return {
    identity: async () => {
      await repeatRead(clock, async () => await bucket.look(await may(`HEAD ${settings.bucket}`)));
      identity = { serial: settings.bucket, version };
      return identity;
    },
    lastIdentity: () => identity,
    ...byChannel('a set of lists', { pull }),
    usage: () => ({ ...bucket.traffic }),
    close: async () => undefined,
  };
}
