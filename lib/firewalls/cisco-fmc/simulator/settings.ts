import { requestsPerMinute, type Release } from './version.ts';

/**
 * What the user may do. `objects`: see and change objects, and nothing else of the manager, as the role with the least rights for us;
 * `edit`: everything but deploying, as `ROLE_EDIT_ONLY` of the cloud.
 */
export type Access = 'none' | 'read' | 'objects' | 'edit' | 'read-write';

/** How much fits, and how fast it may come. */
export interface Limits {
  /** Of one source within any 60 seconds. */
  requestsPerMinute: number;
  /** Requests under way from one source; stands for connections. */
  connections: number;
  /** Mappings of one dynamic object, and literals of one network group: no source gives either. */
  mappings: number;
  literals: number;
  /** Bytes of a body. */
  payload: number;
  /** Entries of a list sent with `bulk=true`, and of one call about mappings. */
  bulk: number;
}

/** Where the sources disagree or are silent, the answer can be chosen. */
export interface Behaviour {
  /** Whether a login ends the tokens that the same user has. */
  secondLogin: 'keeps-first' | 'ends-first';
  /** What comes with the pair of tokens of a renewal: nothing, or the domains as after a login. */
  refreshHeaders: 'pair' | 'all';
  /** Status of a call with a token that has ended; one public client takes 408 for that, too. */
  expiredToken: 401 | 408;
  /** Status of what the user has no right to; the text follows it. */
  missingRight: 403 | 400;
  /** A parameter or a key of a filter that the path does not know. */
  unknownParameter: 'refused' | 'ignored';
  /** How an object without a description shows it: not at all, or as a blank. */
  emptyDescription: 'absent' | 'blank';
  /** Whether names that differ in nothing but case are two names. */
  nameCase: 'exact' | 'ignored';
  /** Which domains a login tells: all, the last one alone as a user of it sees them, or a list that was cut off on the way. */
  loginHeaders: 'all' | 'own-domain' | 'cut-off';
  /** Paging numbers of dynamic objects; the published examples show texts. */
  pagingNumbers: 'texts' | 'numbers';
  /** Whose words say in the cloud that too much came: the manager's, or those of the API in front of it. */
  throttledBy: 'manager' | 'edge';
  /** Whether 429 tells when to come back. */
  retryAfter: 'none' | 'seconds';
  /** A mapping that is there already, or one that is not there, among those to add or remove. */
  repeatedMapping: 'ignored' | 'refused';
  /** What the limit of bulk entries counts in a call about the mappings of many objects. */
  mappingEntries: 'addresses' | 'objects';
  /** What is done first where one call adds and removes the same mapping of an object. */
  mappingOrder: 'removals' | 'additions';
  /** How a single address is kept: as it was typed, or with its mask. */
  mappingForm: 'typed' | 'masked';
  /** HTTP status of a duplicate name. */
  duplicateStatus: 400 | 422;
  /** Whether hosts, networks, ranges, FQDNs and groups share one name space. */
  networkNames: 'shared' | 'separate';
  /** Whether a network group may be empty. */
  emptyGroup: 'allowed' | 'refused';
  /** A reference with a type that does not fit: taken out without a word, or refused. */
  wrongReference: 'dropped' | 'refused';
  /** HTTP status of a write to the unit that waits in reserve. */
  standbyWrite: 403 | 405 | 422;
  /** Whether `serverversion` tells serial number and uuid; their presence is published for cdFMC alone. */
  identity: 'shown' | 'hidden';
}

/** Who the manager is and how it behaves. Everything here can be changed while it runs. */
export interface Settings {
  release: Release;
  serial: string;
  uuid: string;
  hostname: string;
  /** In a pair of managers only the active one takes configuration. */
  role: 'standalone' | 'active' | 'standby';
  peerUuid: string;
  access: Access;
  /** Milliseconds that a write holds the lock; 0: writes never meet. */
  writeMilliseconds: number;
  /** Milliseconds that a deployment takes; until its end nobody else writes. 0: it is done at once. */
  deploymentMilliseconds: number;
  limits: Limits;
  behaviour: Behaviour;
}

export function defaultSettings(release: Release): Settings {
  return {
    release,
    serial: 'FMC0SIMULATOR1',
    uuid: '40679bee-a400-11eb-876e-ae901b2860b3',
    hostname: 'fmc.simulator',
    role: 'standalone',
    peerUuid: '4446d45a-a400-11eb-8175-b07e3c71576f',
    access: 'read-write',
    writeMilliseconds: 0,
    deploymentMilliseconds: 0,
    limits: {
      requestsPerMinute: requestsPerMinute(release),
      connections: 10,
      mappings: Infinity,
      literals: Infinity,
      payload: 2_048_000,
      bulk: 1_000,
    },
    behaviour: {
      secondLogin: 'keeps-first',
      refreshHeaders: 'pair',
      expiredToken: 401,
      missingRight: 403,
      unknownParameter: 'refused',
      emptyDescription: 'absent',
      nameCase: 'exact',
      loginHeaders: 'all',
      pagingNumbers: 'texts',
      throttledBy: 'manager',
      retryAfter: 'none',
      repeatedMapping: 'ignored',
      mappingEntries: 'addresses',
      mappingOrder: 'removals',
      mappingForm: 'typed',
      duplicateStatus: 400,
      networkNames: 'shared',
      emptyGroup: 'refused',
      wrongReference: 'dropped',
      standbyWrite: 403,
      identity: 'shown',
    },
  };
}
