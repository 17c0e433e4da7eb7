import { type Call, filters, isSet, objectBody, type Result } from './call.ts';
import type { Deployment } from './manager.ts';
import { pageOf } from './pages.ts';
import { invalid, type JsonObject, missing, textOf, unsupported } from './refusal.ts';

const device = { id: '0c4f9ab2-57d0-11ef-9d3a-7f2b0c6f2a11', name: 'ftd-1', type: 'Device' };

/** Which devices wait for a deployment, the deployment itself, what is under way and what was. */
export function answerDeployment(call: Call): Result {
  const { request, parts } = call;
  if (parts[2] !== undefined) throw missing('path');
  switch (`${request.method} ${parts[1]}`) {
    case 'GET deployabledevices':
      return { status: 200, body: waiting(call) };
    case 'POST deploymentrequests':
      return { status: 202, body: deploy(call) };
    case 'GET jobhistories':
      return { status: 200, body: histories(call) };
    default:
      throw unsupported(request.method);
  }
}

function waiting(call: Call): JsonObject {
  const { manager, domain, request } = call;
  const version = String(Date.now());
  const isDeploying = manager.isDeploying;
  const devices = domain.outOfDate || isDeploying ? [device] : [];
  const brief = { name: device.name, type: 'DeployableDevice' };
  if (!isSet(request.query.get('expanded'))) return pageOf(call, devices, () => brief);
  return pageOf(call, devices, () => ({
    ...brief,
    version,
    device,
    canBeDeployed: !isDeploying,
    isDeploying,
    upToDate: false,
    trafficInterruption: 'NO',
  }));
}

/** What is written stays out of date for nobody who asks now: it is under way, and shown as that. */
function deploy(call: Call): JsonObject {
  const { manager, domain, user } = call;
  const body = objectBody(call);
  const note = textOf(body['deploymentNote']);
  if (note.length > 512) throw invalid('The deployment note is longer than 512 characters.');
  const deployment = { id: manager.newId(), since: Date.now(), user, note };
  manager.deployments.push(deployment);
  domain.outOfDate = false;
  return { ...body, metadata: { task: { id: deployment.id, type: 'TaskStatus' } } };
}

function statusOf({ manager }: Call, deployment: Deployment): string {
  return manager.isUnderWay(deployment) ? 'DEPLOYING' : 'DEPLOYED';
}

function histories(call: Call): JsonObject {
  const wanted = filters(call.request.query);
  const status = wanted.get('status');
  const jobType = wanted.get('jobType') ?? 'DEPLOYMENT';
  const jobs = call.manager.deployments
    .toReversed()
    .filter((one) => jobType === 'DEPLOYMENT' && (status ?? statusOf(call, one)) === statusOf(call, one));
  return pageOf(call, jobs, (one) => ({
    id: one.id,
    type: 'JobHistory',
    jobType: 'DEPLOYMENT',
    status: statusOf(call, one),
    deploymentNote: one.note,
  }));
}

/** `job/taskstatuses/{id}`, as a 202 named it. Assumption: the word for success; public clients know those for the others. */
export function answerTask(call: Call): Result {
  if (call.request.method !== 'GET') throw unsupported(call.request.method);
  const task = call.manager.deployments.find(({ id }) => id === call.parts[2]);
  if (!task) throw missing('task');
  const status = call.manager.isUnderWay(task) ? 'DEPLOYING' : 'SUCCEEDED';
  const body = { id: task.id, type: 'TaskStatus', taskType: 'DEPLOYMENT', status };
  return { status: 200, body };
}

/** The devices that the manager keeps. */
export function answerDevices(call: Call): Result {
  if (call.request.method !== 'GET') throw unsupported(call.request.method);
  if (call.parts[2] !== undefined) throw missing('path');
  const more = isSet(call.request.query.get('expanded')) ? { sw_version: '7.4.1' } : {};
  return { status: 200, body: pageOf(call, [device], (one) => ({ ...one, ...more })) };
}

/** Records of what was written, newest first. */
export function answerAudit(call: Call): Result {
  if (call.request.method !== 'GET') throw unsupported(call.request.method);
  const records = call.manager.commits.after(0).toReversed();
  return {
    status: 200,
    body: pageOf(call, records, ({ at, what, user, source }) => ({
      type: 'AuditRecord',
      subSystem: 'API',
      message: what,
      username: user,
      time: Math.round(at),
      source,
    })),
  };
}

/** Roles of a pair of managers; nothing for one that stands alone. */
export function answerPair(call: Call): Result {
  const { settings } = call.manager;
  const active = settings.role !== 'standby';
  const pair = {
    type: 'FMCHAStatus',
    id: settings.uuid,
    overallStatus: 'GOOD',
    fmcPrimary: { uuid: settings.uuid, role: active ? 'Active' : 'Standby', hwRole: 'Primary' },
    fmcSecondary: { uuid: settings.peerUuid, role: active ? 'Standby' : 'Active', hwRole: 'Secondary' },
  };
  return { status: 200, body: pageOf(call, settings.role === 'standalone' ? [] : [pair], (one) => one) };
}
