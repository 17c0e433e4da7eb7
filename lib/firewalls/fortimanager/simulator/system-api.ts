import type { Answered, Call } from './call.ts';
import { invalidUrl, type Json, type JsonObject, noObject, noPermission } from './refusal.ts';
import { type ManagerSettings, workspaceModes } from './settings.ts';

/** `/sys/status`, `/cli/global/system/...`, `/dvmdb/adom/...`, `/task/task/...`. */
export function answerSystem(call: Call): Answered {
  const { manager, parts, method } = call;
  const path = parts.join('/');
  if (parts[0] === 'task') return answerTask(call);
  if (method !== 'get') throw invalidUrl();
  if (path === 'sys/status' || path === 'cli/global/system/status') return { data: status(manager.settings) };
  if (path === 'cli/global/system/global') {
    if (manager.settings.behaviour.globalSettings === 'forbidden') throw noPermission();
    const { workspace: mode, behaviour } = manager.settings;
    return {
      data: call.verbose
        ? { 'workspace-mode': mode, 'adom-status': 'enable', 'partial-install': behaviour.partialInstall }
        : {
            'workspace-mode': workspaceModes.indexOf(mode),
            'adom-status': 1,
            'partial-install': Number(behaviour.partialInstall === 'enable'),
          },
    };
  }
  if (parts[0] === 'dvmdb' && parts[1] === 'adom') return { data: adoms(call, parts.slice(2)) };
  throw invalidUrl();
}

/** `/dvmdb/adom`, one ADOM, and what lies below it. */
function adoms(call: Call, [name, word, ...rest]: readonly string[]): Json {
  const { manager } = call;
  if (name === undefined) return [...manager.adoms.keys()].map((one) => ({ name: one }));
  if (word === 'device') return knownDevice(call, rest);
  if (word !== undefined) throw invalidUrl();
  if (!manager.adoms.has(name)) throw noObject();
  return { name, state: 1, workspace_mode: manager.locking ? 1 : 0 };
}

/** `/dvmdb/adom/<adom>/device`, a device, its VDOMs, or one of them. */
function knownDevice({ manager, parts }: Call, rest: readonly string[]): Json {
  const { devices } = manager.adom(parts[2] ?? '');
  const [name, word, vdom] = rest;
  if (name === undefined) return devices.map((one) => ({ name: one.name }));
  const device = devices.find((one) => one.name === name);
  if (!device) throw noObject();
  if (word === undefined) return { name, vdom: device.vdoms.map((one) => ({ name: one })) };
  if (word !== 'vdom' || rest.length > 3) throw invalidUrl();
  if (vdom === undefined) return device.vdoms.map((one) => ({ name: one }));
  if (!device.vdoms.includes(vdom)) throw noObject();
  return { name: vdom };
}

function status(settings: ManagerSettings): JsonObject {
  const [major = 0, minor = 0, patch = 0] = settings.version.split('.').map(Number);
  return {
    'Admin Domain Configuration': 'Enabled',
    'Current Time': new Date().toUTCString(),
    'HA Mode': settings.haMode,
    Hostname: settings.hostname,
    Major: major,
    Minor: minor,
    Patch: patch,
    'Platform Type': 'FMG-VM64-KVM',
    'Serial Number': settings.serial,
    Version: `v${settings.version}-build${2000 + minor * 100 + patch} 250101 (GA)`,
  };
}

function answerTask({ manager, parts, method, verbose }: Call): Answered {
  const id = Number(parts[2]);
  if (parts[1] !== 'task' || !Number.isInteger(id)) throw invalidUrl();
  if (method === 'get') return { data: manager.tasks.show(id, verbose) };
  if (method !== 'delete') throw invalidUrl();
  manager.tasks.cancel(id);
  return undefined;
}
