import { type Active, SimulatorFrame } from '../../../simulators/frame.ts';
import type { RequestLog } from '../../../simulators/request-log.ts';
import { answerAdministration } from './administration.ts';
import { patternOf, type World } from './api.ts';
import { type Fault, faultSchema } from './faults.ts';
import { type Credentials, Gate } from './gate.ts';
import { answerUnderFaults } from './injection.ts';
import { Manager } from './manager.ts';
import { type Behaviour, defaultSettings, type Limits } from './settings.ts';
import { Traffic } from './traffic.ts';
import { parseRelease } from './version.ts';

export interface SimulatorOptions {
  /** 0 or absent: any free one. */
  port?: number | undefined;
  /** 6.7 to 10.0, or `cdfmc`; default 7.7.0. */
  version?: string | undefined;
  /** JSON list of faults. */
  faultsFile?: string | undefined;
  /** Domains below Global, such as `DEV`. */
  domains?: readonly string[] | undefined;
  credentials?: Partial<Credentials> | undefined;
  /** Where the authority lies, so that it survives restarts; default a fresh temporary directory. */
  certificateDirectory?: string | undefined;
  /** How long the server certificate is valid; a year when left out. */
  certificateDays?: number | undefined;
  limits?: Partial<Limits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
}

export interface FmcSimulator {
  /** `https://127.0.0.1:<port>` */
  url: string;
  port: number;
  /** The authority to trust, as file and as PEM. */
  caFile: string;
  ca: string;
  credentials: Credentials;
  /** What the secret of such a firewall holds: `user:password`, or the API token of the cloud. */
  secret: string;
  /** Everything inside, for tests that run in the same process. */
  world: World;
  manager: Manager;
  requests: RequestLog;
  faults: {
    add(input: unknown): Active<Fault>[];
    list(): readonly Active<Fault>[];
    remove(id?: string): number;
  };
  /** Refuses connections for a while; resolves when it is back. */
  down(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a Management Center on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startFmcSimulator(options: SimulatorOptions = {}): Promise<FmcSimulator> {
  const base = defaultSettings(parseRelease(options.version ?? '7.7.0'));
  const settings = {
    ...base,
    limits: { ...base.limits, ...options.limits },
    behaviour: { ...base.behaviour, ...options.behaviour },
  };
  const manager = new Manager(settings, domainNames(options.domains));
  const gate = new Gate(options.credentials);
  const world: World = { manager, gate, traffic: new Traffic() };
  const frame: SimulatorFrame<Fault> = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'FMC simulator',
    faultSchema,
    patternOf,
    handle: async (request, faults) => await answerUnderFaults(request, faults, world),
    administer: (request) => answerAdministration(request, { world, frame }),
  });
  const { user, password, apiToken } = gate.credentials;
  return {
    url: frame.url,
    port: frame.port,
    caFile: frame.certificate.caFile,
    ca: frame.certificate.ca,
    credentials: gate.credentials,
    secret: settings.release === 'cdfmc' ? apiToken : `${user}:${password}`,
    world,
    manager,
    requests: frame.requests,
    faults: {
      add: (input) => frame.addFaults(input),
      list: () => frame.listFaults(),
      remove: (id) => frame.removeFaults(id),
    },
    down: async (milliseconds) => await frame.down(milliseconds),
    stop: async () => await frame.stop(),
  };
}

function domainNames(names: readonly string[] = []): readonly string[] {
  if (names.some((name) => !/^[\w -]{1,50}$/.test(name)))
    throw new RangeError(`Domain names are letters, digits, blanks, - and _, not ${JSON.stringify(names)}.`);
  return names;
}
