import {
  type ApiAnswer,
  type ApiRequest,
  jsonAnswer,
  pageAnswer,
  pathParts,
} from '../../../simulators/http.ts';
import { answerBulkObjects } from './bulk-objects.ts';
import type { Call, Result } from './call.ts';
import { answerAudit, answerDeployment, answerDevices, answerPair, answerTask } from './deployment.ts';
import { answerDynamicObjects } from './dynamic-objects.ts';
import type { Gate } from './gate.ts';
import type { Manager } from './manager.ts';
import { answerMappingsOfMany } from './mappings.ts';
import { answerAddresses, answerObjects } from './objects.ts';
import { checkParameters } from './parameters.ts';
import { answerPlatform } from './platform.ts';
import { answerPolicies } from './policies.ts';
import { missing, Refusal, refusalAnswer, unsupported } from './refusal.ts';
import { checkRights } from './rights.ts';
import { lockedText, Throttled, type Traffic } from './traffic.ts';
import { answerUsage } from './usage.ts';
import { isSince } from './version.ts';

/** Where the API of the cloud lies in front of the paths of a manager; older tenants have no such part. */
const cloudPrefix = '/firewall/v1/cdfmc';
const configPrefix = '/api/fmc_config/v1/domain/';
const platformPrefix = '/api/fmc_platform/v1/';

export interface World {
  manager: Manager;
  gate: Gate;
  traffic: Traffic;
}

/** Answers one request of the manager's dialect. Everything it changes is changed before it returns. */
export async function answerApi(received: ApiRequest, world: World): Promise<ApiAnswer> {
  const { manager, gate, traffic } = world;
  const { release } = manager.settings;
  const cloud = release === 'cdfmc';
  const behind = cloud && received.path.startsWith(`${cloudPrefix}/`);
  const request = behind ? { ...received, path: received.path.slice(cloudPrefix.length) } : received;
  try {
    const leave = traffic.enter(request.source, manager.settings);
    try {
      if (cloud && !gate.admitsApiToken(request)) return refusedAtEdge(request);
      if (request.path.startsWith(platformPrefix)) return answerPlatform(request, world);
      if (!request.path.startsWith(configPrefix)) return pageAnswer(404, 'Not found');
      if (!cloud) gate.admit(request, manager.settings.behaviour);
      const { status, body } = await answerDomain(request, world);
      return jsonAnswer(status, body);
    } finally {
      leave();
    }
  } catch (error) {
    // Assumption: with 7.4, as the other newer parts of the contract.
    const indexed = isSince(release, '7.4.0');
    if (!(error instanceof Refusal)) throw error;
    const byEdge = cloud && error instanceof Throttled && manager.settings.behaviour.throttledBy === 'edge';
    return withRetryAfter(byEdge ? throttledAtEdge() : refusalAnswer(error, indexed), manager);
  }
}

/** The gateway in front of the cloud has an envelope of its own. */
export function refusedAtEdge({ path, headers }: ApiRequest): ApiAnswer {
  return jsonAnswer(401, {
    timestamp: new Date().toISOString(),
    path,
    status: 401,
    error: 'Unauthorized',
    message: headers['authorization'] === undefined ? 'Unauthorized' : 'CDO token is invalid',
    requestId: crypto.randomUUID(),
  });
}

/** As the API of Security Cloud Control writes it. Assumption: no details, and this text. */
function throttledAtEdge(): ApiAnswer {
  return jsonAnswer(429, { errorCode: 'TOO_MANY_REQUESTS', errorMsg: 'Too many requests', details: {} });
}

function withRetryAfter(answer: ApiAnswer, { settings }: Manager): ApiAnswer {
  if (answer.status !== 429 || settings.behaviour.retryAfter === 'none') return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': '30' } };
}

async function answerDomain(request: ApiRequest, { manager, gate, traffic }: World): Promise<Result> {
  const [uuid = '', ...parts] = pathParts(request.path, configPrefix) ?? [];
  const domain = manager.domains.get(uuid);
  if (!domain) throw missing('domain');
  const user = gate.credentials.user;
  const call: Call = { request, manager, domain, user, parts };
  const answer = routeOf(call);
  const { role, behaviour } = manager.settings;
  if (request.method === 'PATCH') throw unsupported(request.method);
  checkRights(call);
  checkParameters(call);
  if (request.method === 'GET') return answer(call);
  if (role === 'standby')
    // Assumption: no source gives the answer of the unit in reserve.
    throw new Refusal(
      behaviour.standbyWrite,
      'Configuration changes are not allowed on the standby FMC.',
      'FRAMEWORK',
    );
  // Assumption: whatever the write is for, mappings and other domains included.
  if (manager.isDeploying) throw new Refusal(429, lockedText, 'FRAMEWORK');
  const result = await traffic.write(manager.settings, () => answer(call));
  const what = `${request.method} ${parts.slice(0, 2).join('/')}`;
  manager.commits.append({ domain: domain.name, what, user, source: request.source });
  return result;
}

type Answer = (call: Call) => Result;

const routes: Readonly<Record<string, Answer>> = {
  'object/dynamicobjects': answerDynamicObjects,
  'object/dynamicobjectmappings': answerMappingsOfMany,
  'object/bulkdynamicobjects': answerBulkObjects,
  'object/operational': answerUsage,
  'object/networkaddresses': answerAddresses,
  'policy/accesspolicies': answerPolicies,
  'deployment/deployabledevices': answerDeployment,
  'deployment/deploymentrequests': answerDeployment,
  'deployment/jobhistories': answerDeployment,
  'job/taskstatuses': answerTask,
  'devices/devicerecords': answerDevices,
  'audit/auditrecords': answerAudit,
  'integration/fmchastatuses': answerPair,
};

/** Dynamic objects came with 7.0, the bulk call that tells each outcome later. Assumption: with 7.4. */
const since: Readonly<Record<string, `${number}.${number}.${number}`>> = {
  'object/dynamicobjects': '7.0.0',
  'object/dynamicobjectmappings': '7.0.0',
  'object/bulkdynamicobjects': '7.4.0',
  'object/operational': '7.2.0',
  'integration/fmchastatuses': '7.0.0',
};

function routeOf({ parts, domain, manager }: Call): Answer {
  const path = parts.slice(0, 2).join('/');
  const first = since[path];
  if (first !== undefined && !isSince(manager.settings.release, first)) throw missing('path');
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route) return route;
  const table = domain.tables.get(path);
  if (!table) throw missing('path');
  return (call) => answerObjects(call, table);
}

/** Objects, policies and rules: not who answers, what was done, and how the devices are. */
export function isConfig(path: string): boolean {
  return path.includes(configPrefix) && /\/domain\/[^/]+\/(object|policy)\//.test(path);
}

/** Ids and names become `{key}`, the domain `{domain}`; the rest of the path stays. */
export function patternOf(path: string): string {
  const parts = path.replace(/\/+$/, '').split('/');
  const at = parts.indexOf('domain');
  if (at < 0) return parts.join('/');
  return parts
    .map((part, index) => {
      if (index === at + 1) return '{domain}';
      return index === at + 4 || index === at + 6 ? '{key}' : part;
    })
    .join('/');
}

/** Whether a request only logs in or renews a token. */
export function isLogin({ path }: Pick<ApiRequest, 'path'>): boolean {
  return path.includes(`${platformPrefix}auth/`);
}
