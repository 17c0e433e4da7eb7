import { ZonebridgeError } from '../../core/errors.ts';
import type { FirewallConnection, ObjectChanges, ObjectRef, ObjectReport } from '../../core/firewall.ts';

type OfObjects =
  | 'observeObject'
  | 'observeMembers'
  | 'observeSome'
  | 'apply'
  | 'references'
  | 'deleteObject'
  | 'listObjects'
  | 'observeFormer';

/** One way to keep members on a device; a connection has one of each kind. */
export type Channel = Pick<FirewallConnection, OfObjects>;

/**
 * The part of a connection that is about objects: each goes to the channel its reference names. `device` is the device with its article,
 * for the error of a channel it does not have (`firewall/unsupported`).
 */
export function byChannel(
  device: string,
  channels: Readonly<Record<string, Channel>>,
): Required<Pick<FirewallConnection, OfObjects>> {
  const channelOf = ({ channel: name }: ObjectRef): Channel => {
    const channel = Object.hasOwn(channels, name) ? channels[name] : undefined;
    if (!channel) throw new ZonebridgeError('firewall/unsupported', `${device} has no channel ${name}`);
    return channel;
  };
  return {
    observeObject: async (object) => await channelOf(object).observeObject(object),
    // Where nothing follows a rename nobody has to look for a new name.
    listObjects: async (object) => (await channelOf(object).listObjects?.(object)) ?? [],
    observeMembers: async (object) => await channelOf(object).observeMembers(object),
    observeFormer: async (object) => {
      const former = await channelOf(object).observeFormer?.(object);
      if (former) return former;
      throw new ZonebridgeError('firewall/unsupported', `nothing is adopted over channel ${object.channel}`);
    },
    observeSome: async (object, some) => await channelOf(object).observeSome(object, some),
    apply: async (changes) => await applyByChannel(changes, channelOf),
    references: async (object) => await channelOf(object).references(object),
    deleteObject: async (object) => await channelOf(object).deleteObject(object),
  };
}

/** One attempt per channel; reports come in the order of the changes, whatever the channels. */
async function applyByChannel(
  changes: readonly ObjectChanges[],
  channelOf: (object: ObjectRef) => Channel,
): Promise<readonly ObjectReport[]> {
  const reports = new Map<ObjectChanges, ObjectReport>();
  for (const [channel, own] of Map.groupBy(changes, ({ object }) => channelOf(object))) {
    const answers = await channel.apply(own);
    for (const [index, change] of own.entries()) {
      const report = answers[index];
      if (report) reports.set(change, report);
    }
  }
  return changes.flatMap((change) => reports.get(change) ?? []);
}
