import { z } from 'zod';

/** Where the sources disagree or are silent, the answer can be chosen. */
export const behaviourSchema = z.strictObject({
  /** HTTP status of answers that hold a failure: 200 is what clients assume. */
  failureStatus: z.union([z.literal(200), z.literal(400), z.literal(500)]),
  /** Code of `add` for what exists. */
  duplicateCode: z.union([z.literal(-2), z.literal(-9998), z.literal(-10033)]),
  /** A tag that nobody made: refused, or taken and forgotten. */
  unknownTag: z.enum(['refused', 'ignored']),
  /** Whether calls with an API key are one session to the locks, or none. */
  keyLocks: z.enum(['per-key', 'none']),
  /** Whether a commit answers with a task. */
  commitTask: z.enum(['none', 'shown']),
  /** Polls of a task until it is done; -1: it stays at 0 percent. */
  taskPolls: z.int().min(-1),
  /** Whether an answer of one element comes as an object instead of a list. */
  result: z.enum(['list', 'object']),
  /** Whether a small administrator may read the mode of the workspace. */
  globalSettings: z.enum(['readable', 'forbidden']),
  /** What the search for uses tells: rows and their number, their number alone, or nothing. */
  whereUsed: z.enum(['shown', 'counted', 'silent']),
  /** `config system global / set partial-install`. */
  partialInstall: z.enum(['enable', 'disable']),
});
export type Behaviour = z.infer<typeof behaviourSchema>;

export const workspaceModes = ['disabled', 'normal', 'workflow', 'per-adom'] as const;
export type WorkspaceMode = (typeof workspaceModes)[number];
export type RpcPermit = 'none' | 'read' | 'read-write';

/** How full things may get. */
export interface Limits {
  /** Rows of one address table of an ADOM; 400000 in the vendor's example. */
  addresses: number;
  /** Members of one IPv4 group, its own or those of a mapping; 600 in the contract of FortiGates. */
  groupMembers: number;
  /** Bytes of all hosted files together. */
  fileBytes: number;
  /** Addresses of one tag. */
  tagAddresses: number;
  /** Elements of one request. */
  elements: number;
}

/** Who it is and how it behaves. Everything here can be changed while it runs. */
export interface ManagerSettings {
  version: string;
  serial: string;
  hostname: string;
  /** As `/sys/status` says it: `Stand Alone`, `Primary`, `Secondary`. */
  haMode: string;
  workspace: WorkspaceMode;
  rpcPermit: RpcPermit;
  /** Whether the profile allows to change policy objects. */
  mayWriteObjects: boolean;
  /** Idle time after which a session ends. */
  idleMilliseconds: number;
  limits: Limits;
  behaviour: Behaviour;
}

/** Throws RangeError for a version that is none of 7.0 to 7.6. */
export function defaultSettings(version = '7.4.4'): ManagerSettings {
  if (!/^7\.[0246]\.\d{1,2}$/.test(version))
    throw new RangeError(`${JSON.stringify(version)} is no FortiManager version from 7.0.0 to 7.6.x.`);
  return {
    version,
    serial: 'FMGVMSIM00000001',
    hostname: 'fortimanager-simulator',
    haMode: 'Stand Alone',
    workspace: 'disabled',
    rpcPermit: 'read-write',
    mayWriteObjects: true,
    idleMilliseconds: 900_000,
    limits: {
      addresses: 400_000,
      groupMembers: 600,
      fileBytes: 64 * 1024 * 1024,
      tagAddresses: Infinity,
      elements: Infinity,
    },
    behaviour: {
      failureStatus: 200,
      duplicateCode: -2,
      unknownTag: 'refused',
      keyLocks: 'per-key',
      commitTask: 'none',
      taskPolls: 1,
      result: 'list',
      globalSettings: 'readable',
      whereUsed: 'shown',
      partialInstall: 'enable',
    },
  };
}
