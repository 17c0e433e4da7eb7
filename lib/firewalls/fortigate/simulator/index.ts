import { readFile } from 'node:fs/promises';
import { Gate } from './access.ts';
import { addApiUser, administrationPrefix, answerAdministration } from './administration.ts';
import { makeServerCertificate, type ServerCertificate } from '../../../simulators/certificates.ts';
import { FaultList } from '../../../simulators/fault-list.ts';
import { TlsServer } from '../../../simulators/tls-server.ts';
import type { CommitLog } from './change.ts';
import { Device } from './device.ts';
import type { DeviceState } from './device.ts';
import { type Fault, faultSchema } from './faults.ts';
import type { ApiRequest } from '../../../simulators/http.ts';
import { answerUnderFaults } from './injection.ts';
import { RequestLog } from '../../../simulators/request-log.ts';
import { serveWith } from '../../../simulators/server.ts';
import type { Reply } from '../../../simulators/server.ts';
import { defaultSettings } from './settings.ts';
import type { Access, Behaviour, Limits, Settings } from './settings.ts';
import { StateKeeper, readState } from './state-file.ts';

export type { Commit } from './change.ts';

export interface SimulatorOptions {
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** 6.4.0 to 7.6.x; default 7.4.4. A state file that exists brings its own. */
  version?: string | undefined;
  /** Loaded at start when it exists, saved after changes and at the end. */
  stateFile?: string | undefined;
  /** JSON list of faults. */
  faultsFile?: string | undefined;
  /** Default `root`. */
  vdoms?: readonly string[] | undefined;
  /** API token; default a fresh one. */
  token?: string | undefined;
  /** Where the authority lies, so that it survives restarts; default a fresh temporary directory. */
  certificateDirectory?: string | undefined;
  /** How long the server certificate is valid; a year when left out. */
  certificateDays?: number | undefined;
  limits?: Partial<Limits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
  /** Rights of the token by permission, such as `{'fwgrp.address': 'read-write'}`; default everything. */
  accessProfile?: Readonly<Record<string, Access>> | undefined;
  trustedHosts?: readonly string[] | undefined;
  serial?: string | undefined;
}

export interface FortigateSimulator {
  /** `https://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** The authority to trust, as file and as PEM. */
  caFile: string;
  ca: string;
  token: string;
  /** For clients that log in with a password. */
  administrator: { name: string; password: string };
  /** Makes an API administrator with a key of its own; every profile but `super_admin` has the rights of `accessProfile`. */
  addApiUser(name: string, profile: string): string;
  commits: CommitLog;
  /** Everything inside, for tests that run in the same process. */
  device: Device;
  requests: RequestLog;
  faults: { add(input: unknown): Fault[]; remove(id?: string): number; list(): readonly Fault[] };
  /** Refuses connections for a while; resolves when it is back. */
  down(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a FortiGate on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startFortigateSimulator(options: SimulatorOptions = {}): Promise<FortigateSimulator> {
  const device = await prepareDevice(options);
  const gate = new Gate(options.token);
  const requests = new RequestLog(patternOf);
  const injector = new FaultList(faultSchema);
  const frozen = new Map<string, Device>();
  const certificate = await makeServerCertificate(
    'FortiGate simulator',
    options.certificateDirectory,
    options.certificateDays,
  );
  const addFaults = (input: unknown): Fault[] => {
    const added = injector.add(input);
    for (const fault of added) {
      if (fault.kind === 'stale') {
        frozen.set(fault.id, device.copy());
      } else if (fault.kind === 'down' && fault.immediately) {
        injector.remove(fault.id);
        // After the answer to the request that asked for it has left.
        setTimeout(() => void server.goDown(fault.milliseconds), 10);
      }
    }
    return added;
  };
  const administration = { device, gate, faults: injector, requests, addFaults };
  const handle = async (request: ApiRequest): Promise<Reply> => {
    if (request.path.startsWith(administrationPrefix)) {
      return answerAdministration(request, administration);
    }
    const query = request.query.toString();
    const url = query === '' ? request.path : `${request.path}?${query}`;
    // Only reads can be stale.
    const isRead = request.method === 'GET';
    const faults = injector.match(request.method, url, ({ kind }) => isRead || kind !== 'stale');
    const goDown = async (milliseconds: number) => server.goDown(milliseconds);
    const reply = await answerUnderFaults(request, faults, { device, gate, frozen, goDown });
    count(requests, request, reply);
    return reply;
  };
  const server = new TlsServer(certificate, options.port ?? 0, serveWith(handle));
  const keeper = options.stateFile === undefined ? undefined : new StateKeeper(device, options.stateFile);
  device.onChange = () => keeper?.changed();
  await orDiscard(certificate, async () => {
    if (options.faultsFile !== undefined) addFaults(await readFaultsFile(options.faultsFile));
    await server.open();
  });
  return {
    url: `https://127.0.0.1:${server.port}`,
    port: server.port,
    caFile: certificate.caFile,
    ca: certificate.ca,
    token: gate.token,
    administrator: gate.administrator,
    addApiUser: (name, accprofile) => addApiUser(device, gate, { name, accprofile }),
    commits: device.commits,
    device,
    requests,
    faults: { add: addFaults, remove: (id) => injector.remove(id), list: () => injector.list() },
    down: async (milliseconds) => {
      await server.goDown(milliseconds);
      await server.isUp();
    },
    stop: async () => {
      await server.close();
      await keeper?.close();
      await certificate.discard();
    },
  };
}

/** A simulator that cannot start leaves no authority behind. */
async function orDiscard(certificate: ServerCertificate, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    await certificate.discard();
    throw error;
  }
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

async function readFaultsFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${file} is not JSON.`, { cause: error });
  }
}

function count(requests: RequestLog, request: ApiRequest, reply: Reply): void {
  const sent = reply === 'cut' ? 0 : Buffer.byteLength(reply.body);
  const received = Buffer.byteLength(request.body);
  requests.add(request, reply === 'cut' ? 0 : reply.status, { received, sent });
}

/** Keys of rows and list entries become `{key}`; the rest of the path stays. */
function patternOf(path: string): string {
  const parts = path.replace(/\/+$/, '').split('/');
  if (parts[3] !== 'cmdb') {
    return parts.join('/');
  }
  return parts.map((part, index) => (index === 6 || index === 8 ? '{key}' : part)).join('/');
}
