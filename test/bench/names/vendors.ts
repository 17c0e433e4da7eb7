import * as prefixList from '../../../lib/firewalls/aws-prefix-list/names.ts';
import * as ciscoFmc from '../../../lib/firewalls/cisco-fmc/names.ts';
import * as fortigate from '../../../lib/firewalls/fortigate/names.ts';
import * as fortimanager from '../../../lib/firewalls/fortimanager/names.ts';
import * as panoramaAddress from '../../../lib/firewalls/panorama/address-names.ts';
import * as panorama from '../../../lib/firewalls/panorama/names.ts';
import * as pullList from '../../../lib/firewalls/pull-list/names.ts';

/** What names are made of. */
export interface Parts {
  hub: string;
  group: string;
  firewall: string;
  address: string;
  shard: { count: number; index: number };
}

/** One kind of thing that gets a name. */
export interface Kind {
  /** What its name has to tell apart. */
  of: readonly (keyof Parts)[];
  /** The name space of the device: kinds with the same one must not clash with each other either. */
  table: string;
  name: (parts: Parts) => string;
}

const group = ['hub', 'group'] as const;

/** Prefix of the address objects of a group on PAN-OS. */
function panoramaPrefix(parts: Parts): string {
  return panoramaAddress.addressPrefix(parts.hub, panorama.objectName({ ...parts, channel: 'objects' }));
}

/** Everything of ours that has a name on a device, by vendor; names are compared as the device does. */
export const vendors: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  fortigate: {
    // Addresses and groups share one name space.
    group: {
      of: group,
      table: 'address',
      name: (parts) => fortigate.nameKey(fortigate.objectName({ ...parts, channel: 'objects' })),
    },
    shard: {
      of: ['hub', 'group', 'shard'],
      table: 'address',
      name: ({ shard, ...parts }) =>
        fortigate.nameKey(
          fortigate.shardName(
            fortigate.objectName({ ...parts, channel: 'objects' }),
            shard.count,
            shard.index,
          ),
        ),
    },
    address: {
      of: ['hub', 'address'],
      table: 'address',
      name: (parts) => fortigate.nameKey(fortigate.addressName(parts.hub, parts.address)),
    },
    feed: {
      of: group,
      table: 'feed',
      name: (parts) => fortigate.nameKey(fortigate.objectName({ ...parts, channel: 'push' })),
    },
  },
  fortimanager: {
    group: {
      of: group,
      table: 'address',
      name: (parts) => fortimanager.nameKey(fortimanager.objectName({ ...parts, channel: 'objects' })),
    },
    address: {
      of: ['hub', 'address'],
      table: 'address',
      name: (parts) => fortimanager.nameKey(fortimanager.addressName(parts.hub, parts.address)),
    },
    // All ADOMs share the files. Assumption: ADOMs whose names differ only in case are different ones.
    file: {
      of: ['hub', 'group', 'firewall'],
      table: 'file',
      name: (parts) =>
        fortimanager.fileName(
          fortimanager.nameKey(fortimanager.objectName({ ...parts, channel: 'feed' })),
          parts.firewall,
        ),
    },
  },
  'cisco-fmc': {
    group: {
      of: group,
      table: 'object',
      name: (parts) => ciscoFmc.nameKey(ciscoFmc.objectName({ ...parts, channel: 'dynamic' })),
    },
  },
  panorama: {
    tag: {
      of: ['hub', 'group', 'firewall'],
      table: 'tag',
      name: (parts) => panorama.nameKey(panorama.objectName({ ...parts, channel: 'tags' })),
    },
    group: {
      of: group,
      table: 'address',
      name: (parts) => panorama.nameKey(panorama.objectName({ ...parts, channel: 'objects' })),
    },
    address: {
      of: ['hub', 'group', 'address'],
      table: 'address',
      name: (parts) => panorama.nameKey(panoramaAddress.addressName(panoramaPrefix(parts), parts.address)),
    },
    placeholder: {
      of: group,
      table: 'address',
      name: (parts) => panorama.nameKey(panoramaAddress.placeholderName(panoramaPrefix(parts))),
    },
  },
  'pull-list': {
    list: { of: group, table: 'list', name: (parts) => pullList.objectName({ ...parts, channel: 'list' }) },
  },
  'aws-prefix-list': {
    list: {
      of: group,
      table: 'list',
      name: (parts) => prefixList.nameKey(prefixList.objectName(parts)),
    },
    sibling: {
      of: group,
      table: 'list',
      name: (parts) => prefixList.nameKey(prefixList.siblingName(prefixList.objectName(parts))),
    },
  },
};
