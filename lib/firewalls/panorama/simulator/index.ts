import { answerAdministration } from '../../../simulators/administration.ts';
import { type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import { type Administrator, Gate } from './access.ts';
import { administration } from './administration.ts';
import { answerApi, isWrite, showsContent, urlOf } from './api.ts';
import { managedFirewall } from './device-groups.ts';
import { type Behaviour, Device, type DeviceFacts } from './device.ts';
import { type Fault, faultSchema } from './faults.ts';

export interface SimulatorOptions extends StartOptions {
  /** 10.1.0 to 11.2.x; default 10.2.9. */
  version?: string | undefined;
  kind?: 'firewall' | 'panorama' | undefined;
  /** Firewalls that a Panorama manages: `serial`, or `serial@group`; without a group one is in the first. */
  managed?: readonly string[] | undefined;
  /** Device groups, each after those above it: `emea/berlin`. */
  deviceGroups?: readonly string[] | undefined;
  behaviour?: Partial<Behaviour> | undefined;
}

export interface PanoramaSimulator extends Running<Fault> {
  /** API key of the administrator whom nobody else uses. */
  apiKey: string;
  administrator: { name: string; password: string };
  /** Everything inside, for tests that run in the same process. */
  device: Device;
  gate: Gate;
  /** Calls that reached the device, by what they do. */
  seen: { reads: number; writes: number };
  /** Moves the clock of the device. */
  passTime(milliseconds: number): void;
}

const usual: Behaviour = {
  duplicates: 'refused',
  refreshes: false,
  order: 'as-sent',
  refusals: 'error',
  count: 'page',
  emptyCommit: 'success',
  deniedStatus: 'ok',
  jobMs: 0,
};

/** Starts a PAN-OS firewall or a Panorama on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startPanoramaSimulator(options: SimulatorOptions = {}): Promise<PanoramaSimulator> {
  const clock = { passed: 0 };
  const device = makeDevice(options, () => Date.now() + clock.passed);
  const gate = new Gate();
  const own: Administrator = {
    name: 'zonebridge',
    password: 'simulated-password',
    xml: ['config', 'op', 'user-id', 'commit'],
    rest: 'read-only',
  };
  const apiKey = gate.add(own);
  gate.add({ ...own, name: 'admin', rest: 'enable' });
  const passTime = (milliseconds: number) => {
    clock.passed += milliseconds;
  };
  const seen = { reads: 0, writes: 0 };
  const frozen = new Map<string, Device>();
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'PAN-OS simulator',
    faultSchema,
    patternOf: (path) => path,
    urlOf,
    handle: (request, faults) => {
      seen[isWrite(request) ? 'writes' : 'reads'] += 1;
      const shown = faults.findLast(({ kind }) => kind === 'stale');
      return answerApi(request, (shown && frozen.get(shown.id)) ?? device, gate, faults);
    },
    fits: ({ kind }, request) => kind !== 'stale' || showsContent(request),
    added: ({ kind, id }) => void (kind === 'stale' && frozen.set(id, device.copy())),
    administer: (request, self) =>
      answerAdministration(request, self, administration({ device, gate, passTime })),
  });
  return {
    ...frame.running(),
    apiKey,
    administrator: { name: own.name, password: own.password },
    device,
    gate,
    seen,
    passTime,
  };
}

function makeDevice(options: SimulatorOptions, now: () => number): Device {
  const { version = '10.2.9', kind = 'firewall', managed = [], deviceGroups = [] } = options;
  if (!/^(10\.[12]|11\.[012])\.\d{1,2}(-h\d{1,3})?$/.test(version))
    throw new RangeError(`${version} is no version from 10.1.0 to 11.2.x.`);
  if (kind === 'firewall' && managed.length + deviceGroups.length > 0)
    throw new RangeError('A firewall manages no firewalls and has no device groups.');
  const behaviour = { ...usual, ...options.behaviour };
  const firewall = (serial: string): DeviceFacts => ({
    kind: 'firewall',
    serial,
    hostname: `fw-${serial.slice(-4)}`,
    model: 'PA-VM',
    version,
    role: 'alone',
    connected: true,
    vsys: ['vsys1'],
    deviceGroups: [],
    registeredIpsMax: Infinity,
  });
  const facts: DeviceFacts =
    kind === 'firewall'
      ? firewall('007051000012345')
      : {
          ...firewall('000710000054321'),
          kind,
          hostname: 'panorama',
          model: 'Panorama',
          vsys: [],
          deviceGroups: [...deviceGroups],
          registeredIpsMax: 500_000,
        };
  const device = new Device(facts, behaviour, now);
  for (const text of managed) {
    const { serial, deviceGroup = device.deviceGroups.names[0] } = managedFirewall(text);
    if (deviceGroup !== undefined && !device.deviceGroups.has(deviceGroup))
      throw new RangeError(`There is no device group ${deviceGroup} for ${serial}.`);
    device.managed.set(serial, new Device({ ...firewall(serial), deviceGroup }, { ...behaviour }, now));
  }
  return device;
}
