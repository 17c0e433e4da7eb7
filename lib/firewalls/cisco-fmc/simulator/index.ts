import { answerAdministration } from '../../../simulators/administration.ts';
import { type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import { administration } from './administration.ts';
import { isConfig, patternOf, type World } from './api.ts';
import { type Fault, faultSchema } from './faults.ts';
import { type Credentials, Gate } from './gate.ts';
import { answerUnderFaults } from './injection.ts';
import { Manager } from './manager.ts';
import { type Behaviour, defaultSettings, type Limits } from './settings.ts';
import { Traffic } from './traffic.ts';
import { parseRelease } from './version.ts';

export interface SimulatorOptions extends StartOptions {
  /** 6.7 to 10.0, or `cdfmc`; default 7.7.0. */
  version?: string | undefined;
  /** Domains below Global, such as `DEV`. */
  domains?: readonly string[] | undefined;
  credentials?: Partial<Credentials> | undefined;
  limits?: Partial<Limits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
}

export interface FmcSimulator extends Running<Fault> {
  credentials: Credentials;
  /** What the secret of such a firewall holds: `user:password`, or the API token of the cloud. */
  secret: string;
  /** Everything inside, for tests that run in the same process. */
  world: World;
  manager: Manager;
}

/** Starts a Management Center on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startFmcSimulator(options: SimulatorOptions = {}): Promise<FmcSimulator> {
  const base = defaultSettings(parseRelease(options.version ?? '7.7.0'));
  if (base.release === 'cdfmc' && options.domains?.length)
    throw new RangeError('The manager in the cloud has no domains but Global.');
  const settings = {
    ...base,
    limits: { ...base.limits, ...options.limits },
    behaviour: { ...base.behaviour, ...options.behaviour },
  };
  const manager = new Manager(settings, domainNames(options.domains));
  const gate = new Gate(options.credentials);
  const world: World = { manager, gate, traffic: new Traffic() };
  const frozen = new Map<string, Manager>();
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'FMC simulator',
    faultSchema,
    patternOf,
    handle: async (request, faults) => await answerUnderFaults(request, faults, { world, frozen }),
    fits: ({ kind }, { method, path }) => kind !== 'stale' || (method === 'GET' && isConfig(path)),
    added: ({ kind, id }) => void (kind === 'stale' && frozen.set(id, manager.copy())),
    administer: (request, self) => answerAdministration(request, self, administration(world)),
  });
  const { user, password, apiToken } = gate.credentials;
  return {
    ...frame.running(),
    credentials: gate.credentials,
    secret: settings.release === 'cdfmc' ? apiToken : `${user}:${password}`,
    world,
    manager,
  };
}

function domainNames(names: readonly string[] = []): readonly string[] {
  if (names.some((name) => !/^[\w -]{1,50}$/.test(name)))
    throw new RangeError(`Domain names are letters, digits, blanks, - and _, not ${JSON.stringify(names)}.`);
  return names;
}
