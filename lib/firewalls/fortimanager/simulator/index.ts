import { answerAdministration } from '../../../simulators/administration.ts';
import { type Active, type Running, SimulatorFrame, type StartOptions } from '../../../simulators/frame.ts';
import type { ApiRequest } from '../../../simulators/http.ts';
import { Gate } from './access.ts';
import { administration } from './administration.ts';
import { urlParts } from './call.ts';
import { type Fault, faultSchema } from './faults.ts';
import { Manager } from './manager.ts';
import { type Json, noPermission, Refusal, textOf } from './refusal.ts';
import { answerRpc, parseRpc } from './rpc.ts';
import { type Behaviour, defaultSettings, type Limits, type ManagerSettings } from './settings.ts';

export interface SimulatorOptions extends StartOptions {
  /** 7.0.0 to 7.6.x; default 7.4.4. */
  version?: string | undefined;
  /** Default `root`. */
  adoms?: readonly string[] | undefined;
  /** Devices of each ADOM; default `fgt-1`. */
  devices?: readonly string[] | undefined;
  workspace?: ManagerSettings['workspace'] | undefined;
  /** A connector to make in each ADOM, as the security team would; default `zonebridge`. */
  connector?: string | undefined;
  apiKey?: string | undefined;
  limits?: Partial<Limits> | undefined;
  behaviour?: Partial<Behaviour> | undefined;
}

export interface FortimanagerSimulator extends Running<Fault> {
  apiKey: string;
  administrator: { name: string; password: string };
  /** Everything inside, for tests that run in the same process. */
  manager: Manager;
  gate: Gate;
}

/** Starts a FortiManager on 127.0.0.1. Throws RangeError for options or files that do not fit. */
export async function startFortimanagerSimulator(
  options: SimulatorOptions = {},
): Promise<FortimanagerSimulator> {
  const manager = prepare(options);
  const gate = new Gate(options.apiKey);
  const frozen = new Map<string, Manager>();
  const frame = await SimulatorFrame.start<Fault>({
    ...options,
    name: 'FortiManager simulator',
    faultSchema,
    urlOf,
    patternOf,
    handle: (request, faults) =>
      answerRpc(request, {
        manager,
        gate,
        shown: (method, url) => (isContent(method, url) ? shownBy(faults, frozen) : undefined),
        refuse: (method, url) => refusalOf(faults, method, url),
        cut: (url, data) => leftOf(faults, url, data),
      }),
    fits: ({ kind }, request) => kind !== 'stale' || showsContent(request),
    added: ({ kind, id }) => void (kind === 'stale' && frozen.set(id, manager.copy())),
    administer: (request, self) => answerAdministration(request, self, administration(manager, gate)),
  });
  return {
    ...frame.running(),
    apiKey: gate.apiKey,
    administrator: gate.administrator,
    manager,
    gate,
  };
}

function prepare(options: SimulatorOptions): Manager {
  const { adoms = ['root'], connector = 'zonebridge', devices, workspace } = options;
  if (adoms.length === 0 || adoms.some((name) => !/^[\w-]{1,35}$/.test(name)))
    throw new RangeError(`ADOM names are letters, digits, - and _, not ${JSON.stringify(adoms)}.`);
  if (devices?.length === 0 || devices?.some((name) => !/^[\w.-]{1,48}$/.test(name)))
    throw new RangeError(`Device names are letters, digits, dots, - and _, not ${JSON.stringify(devices)}.`);
  const settings = defaultSettings(options.version);
  if (workspace !== undefined) settings.workspace = workspace;
  Object.assign(settings.limits, options.limits);
  Object.assign(settings.behaviour, options.behaviour);
  const manager = new Manager(settings, adoms, devices);
  const setUp = { session: '', user: 'admin', locking: false };
  for (const adom of manager.adoms.values()) {
    adom.change('user/json', new Map([[connector, { name: connector, status: 'enable' }]]), setUp);
    adom.pending.clear();
  }
  return manager;
}

/** What a copy may show as it was; tasks, locks and who answers it may not. */
function isContent(method: string, url: string): boolean {
  return /^(get pm\/config|exec connector\/get)\//.test(`${method} ${urlParts(url).join('/')}`);
}

function showsContent({ body }: ApiRequest): boolean {
  const rpc = parseRpc(body);
  return rpc?.params.some((one) => isContent(rpc.method, textOf(one['url'] ?? ''))) === true;
}

function shownBy(
  faults: readonly Active<Fault>[],
  frozen: ReadonlyMap<string, Manager>,
): Manager | undefined {
  const stale = faults.findLast(({ kind }) => kind === 'stale');
  return stale && frozen.get(stale.id);
}

/** Requests are known by the method and URL of JSON-RPC, such as `get /sys/status`; the URL of the first element stands for all. */
function urlOf(request: ApiRequest): string {
  const rpc = parseRpc(request.body);
  if (!rpc) return request.path;
  return `${rpc.method} /${urlParts(textOf(rpc.params[0]?.['url'])).join('/')}`;
}

/** Names of objects, files and tasks become `{key}`. */
function patternOf(path: string): string {
  return path
    .replace(/^(\w+ \/pm\/config\/(?:global|adom\/[^/]+)\/_external\/resource)\/.+$/, '$1/{key}')
    .replace(/^(\w+ \/pm\/config\/adom\/[^/]+\/obj\/[^/]+\/[^/]+)\/[^/]+/, '$1/{key}')
    .replace(/^(\w+ \/task\/task)\/.+$/, '$1/{key}');
}

function leftOf(faults: readonly Active<Fault>[], url: string, data: Json): Json | undefined {
  const fault = faults.find((one) => one.kind === 'cut' && url.endsWith(one.url));
  if (fault?.kind !== 'cut') return data;
  return fault.keep === undefined || !Array.isArray(data) ? undefined : data.slice(0, fault.keep);
}

function refusalOf(faults: readonly Active<Fault>[], method: string, url: string): Refusal | undefined {
  const path = urlParts(url).join('/');
  for (const fault of faults) {
    if (fault.kind === 'reject') return new Refusal(fault.code, fault.message);
    if (fault.kind === 'unauthorized') return noPermission();
    const open = method === 'exec' && path.startsWith('sys/log');
    if (fault.kind === 'forbidden' && !open && path !== 'sys/status') return noPermission();
  }
  return undefined;
}
