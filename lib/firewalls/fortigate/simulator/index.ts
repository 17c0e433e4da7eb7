import { Gate } from './access.ts';
import { addApiUser, administration } from './administration.ts';
import { answerAdministration } from '../../../simulators/administration.ts';
import { type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import { Device } from './device.ts';
import type { DeviceState } from './device.ts';
import { type Fault, faultSchema } from './faults.ts';
import { answerUnderFaults } from './injection.ts';
import type { CommitLog, Numbered } from '../../../simulators/commit-log.ts';
import type { PlacedChange } from './change.ts';
import { defaultSettings } from './settings.ts';
import type { Access, Behaviour, Limits, Settings } from './settings.ts';
import { StateKeeper, readState } from './state-file.ts';

/** An accepted change. */
export type Commit = Numbered<PlacedChange>;

export interface SimulatorOptions extends StartOptions {
  /** 6.4.0 to 7.6.x; default 7.4.4. A state file that exists brings its own. */
  version?: string | undefined;
  /** Loaded at start when it exists, saved after changes and at the end. */
  stateFile?: string | undefined;
  /** Default `root`. */
  vdoms?: readonly string[] | undefined;
  /** API token; default a fresh one. */
  token?: string | undefined;
  limits?: Partial<Limits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
  /** Rights of the token by permission, such as `{'fwgrp.address': 'read-write'}`; default everything. */
  accessProfile?: Readonly<Record<string, Access>> | undefined;
  trustedHosts?: readonly string[] | undefined;
  serial?: string | undefined;
}

export interface FortigateSimulator extends Running<Fault> {
  token: string;
  /** For clients that log in with a password. */
  administrator: { name: string; password: string };
  /** Makes an API administrator with a key of its own; every profile but `super_admin` has the rights of `accessProfile`. */
  addApiUser(name: string, profile: string): string;
  commits: CommitLog<PlacedChange>;
  /** Everything inside, for tests that run in the same process. */
  device: Device;
}

/** Starts a FortiGate on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startFortigateSimulator(options: SimulatorOptions = {}): Promise<FortigateSimulator> {
  const device = await prepareDevice(options);
  const gate = new Gate(options.token);
  const frozen = new Map<string, Device>();
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'FortiGate simulator',
    faultSchema,
    patternOf,
    handle: (request, faults) => answerUnderFaults(request, faults, { device, gate, frozen }),
    administer: (request, self) => answerAdministration(request, self, administration(device, gate)),
    // Only reads can be stale.
    fits: ({ kind }, { method }) => method === 'GET' || kind !== 'stale',
    added: ({ kind, id }) => void (kind === 'stale' && frozen.set(id, device.copy())),
  });
  const keeper = options.stateFile === undefined ? undefined : new StateKeeper(device, options.stateFile);
  device.onChange = () => keeper?.changed();
  const running = frame.running();
  return {
    ...running,
    token: gate.token,
    administrator: gate.administrator,
    addApiUser: (name, accprofile) => addApiUser(device, gate, { name, accprofile }),
    commits: device.commits,
    device,
    stop: async () => {
      await running.stop();
      await keeper?.close();
    },
  };
}

async function prepareDevice(options: SimulatorOptions): Promise<Device> {
  const base = defaultSettings(options.version ?? '7.4.4', Date.now());
  const settings: Settings = {
    ...base,
    serial: options.serial ?? base.serial,
    accessProfile: options.accessProfile ?? base.accessProfile,
    trustedHosts: options.trustedHosts ?? base.trustedHosts,
    limits: { ...base.limits, ...options.limits },
    behaviour: { ...base.behaviour, ...options.behaviour },
  };
  const device = new Device(settings, vdomNames(options.vdoms));
  const state = options.stateFile === undefined ? undefined : await readState(options.stateFile);
  if (state !== undefined) {
    restoreState(device, state, options.stateFile ?? '');
  }
  return device;
}

function restoreState(device: Device, state: DeviceState, file: string): void {
  try {
    device.restore(state);
  } catch (error) {
    throw new RangeError(`The state in ${file} does not fit its version of FortiOS.`, { cause: error });
  }
}

function vdomNames(names: readonly string[] = ['root']): readonly string[] {
  if (names.length === 0 || names.some((name) => !/^[\w-]{1,31}$/.test(name))) {
    throw new RangeError(`VDOM names are letters, digits, - and _, not ${JSON.stringify(names)}.`);
  }
  return names;
}

/** Keys of rows and list entries become `{key}`; the rest of the path stays. */
function patternOf(path: string): string {
  const parts = path.replace(/\/+$/, '').split('/');
  if (parts[3] !== 'cmdb') {
    return parts.join('/');
  }
  return parts.map((part, index) => (index === 6 || index === 8 ? '{key}' : part)).join('/');
}
