import { parseVersion } from './version.ts';
import type { Version } from './version.ts';

export type Access = 'none' | 'read' | 'read-write';

/** How full things may get. */
export interface Limits {
  /** Rows of the address tables of a VDOM, each counted alone. */
  addresses: number;
  groups: number;
  /** 600 is the published contract; the model it was made on is unknown. */
  groupMembers: number;
  /** Per feed before 7.4.4, over all feeds and VDOMs from 7.4.4. */
  feedEntries: number;
}

/** Where the sources disagree or are silent, the answer can be chosen. */
export interface Behaviour {
  /** HTTP status under which -5 travels: 500 in practice, 424 by contract. */
  duplicateStatus: 500 | 424;
  /** Error for a reference to something that does not exist. */
  unknownReference: -3 | -651;
  /** Whether PUT on a member row answers 405. */
  memberPut: 'allowed' | 'refused';
  /** A push to a feed that does not exist: told per command under 200, or the whole request is refused. */
  unknownFeed: 'per-command' | 'whole-request';
  /** Whether the time of the last boot is shown; some 7.6 devices are reported not to. */
  bootTime: 'shown' | 'hidden';
  /** Entries of an entry list without `count`; 0 = all. */
  entryListDefaultCount: number;
  /** How the number of a new transaction is called: the vendor's example has the one, a client reads the other first. */
  transactionId: 'transaction-id' | 'transaction_id';
}

/** Who the device is and how it behaves. Everything here can be changed while it runs. */
export interface Settings {
  version: Version;
  serial: string;
  hostname: string;
  /** Milliseconds since 1970. */
  bootTime: number;
  /** Role in a cluster; `standalone` shows no peers. */
  role: 'standalone' | 'primary' | 'secondary';
  /** Serial of the other unit in a cluster. */
  peerSerial: string;
  limits: Limits;
  behaviour: Behaviour;
  /** Rights of the API administrator, by permission such as `fwgrp.address`; what is missing is `none`. */
  accessProfile: Readonly<Record<string, Access>>;
  /** Source networks the API administrator may come from; empty: any. */
  trustedHosts: readonly string[];
}

/** Rights to everything the simulated tables need. */
const fullAccess: Readonly<Record<string, Access>> = {
  'fwgrp.address': 'read-write',
  'fwgrp.policy': 'read-write',
  'fwgrp.service': 'read-write',
  'fwgrp.schedule': 'read-write',
  'sysgrp.cfg': 'read-write',
  'netgrp.cfg': 'read-write',
};

export function defaultSettings(version: string, now: number): Settings {
  const parsed = parseVersion(version);
  return {
    version: parsed,
    serial: 'FGVMSIM000000001',
    hostname: 'fortigate-simulator',
    // A device that has been up for a day: nobody mistakes its boot for something that just happened.
    bootTime: now - 86_400_000,
    role: 'standalone',
    peerSerial: 'FGVMSIM000000002',
    limits: { addresses: Infinity, groups: Infinity, groupMembers: 600, feedEntries: 0 },
    behaviour: {
      duplicateStatus: 500,
      unknownReference: -3,
      memberPut: 'allowed',
      unknownFeed: 'per-command',
      bootTime: 'shown',
      entryListDefaultCount: 0,
      transactionId: 'transaction-id',
    },
    accessProfile: fullAccess,
    trustedHosts: [],
  };
}
