import { type Call, objectBody, type Result } from './call.ts';
import { pageOf } from './pages.ts';
import { missing, Refusal } from './refusal.ts';

const device = { id: '0c4f9ab2-57d0-11ef-9d3a-7f2b0c6f2a11', name: 'ftd-1', type: 'Device' };

/** Which devices wait for a deployment, and the deployment itself, which is done at once. */
export function answerDeployment(call: Call): Result {
  const { request, domain, parts } = call;
  switch (`${request.method} ${parts[1]}`) {
    case 'GET deployabledevices': {
      const version = String(Date.now());
      const waiting = domain.outOfDate ? [device] : [];
      return {
        status: 200,
        body: pageOf(call, waiting, ({ name }) => ({
          name,
          version,
          type: 'DeployableDevice',
          device,
          canBeDeployed: true,
          upToDate: false,
          trafficInterruption: 'NO',
        })),
      };
    }
    case 'POST deploymentrequests': {
      const body = objectBody(call);
      domain.outOfDate = false;
      return {
        status: 202,
        body: { ...body, metadata: { task: { id: call.manager.newId(), type: 'TaskStatus' } } },
      };
    }
    case 'GET jobhistories':
      return { status: 200, body: pageOf(call, [], () => ({})) };
    default:
      throw missing('path');
  }
}

/** The devices that the manager keeps. */
export function answerDevices(call: Call): Result {
  if (call.request.method !== 'GET') throw new Refusal(405, 'Only GET is supported.', 'FRAMEWORK');
  return { status: 200, body: pageOf(call, [device], (one) => ({ ...one, sw_version: '7.4.1' })) };
}

/** Records of what was written, newest first. */
export function answerAudit(call: Call): Result {
  const { commits } = call.manager;
  const records = commits.after(0).toReversed();
  return {
    status: 200,
    body: pageOf(call, records, ({ at, what, user }) => ({
      type: 'AuditRecord',
      subSystem: 'API',
      message: what,
      username: user,
      time: Math.round(at),
      source: call.request.source,
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
