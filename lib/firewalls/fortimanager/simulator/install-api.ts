import { isFrom } from './version.ts';
import type { Adom, ManagedDevice } from './adom.ts';
import type { Answered, Call } from './call.ts';
import { holdsRules, packageIn } from './rule-tables.ts';
import { invalidData, invalidUrl, isObject, type Json, noObject, Refusal, textOf } from './refusal.ts';

/** `/securityconsole/install/...`, preview and their results. */
export function answerInstall(call: Call): Answered {
  const { manager, parts, param, caller } = call;
  const data = isObject(param['data']) ? param['data'] : {};
  const adom = manager.adom(textOf(data['adom']));
  const verb = parts.slice(1).join('/');
  switch (verb) {
    case 'install/objects/v2': {
      if (!isFrom(manager.settings.version, '7.4.1')) throw invalidUrl();
      if (manager.settings.behaviour.partialInstall === 'disable')
        throw new Refusal(-1, 'Partial install is not enabled');
      const objects = namedObjects(data['objects']);
      const devices = scoped(adom, data['scope']);
      return { data: { task: start(call, adom, { objects, devices, preview: data['flags'] === 2 }) } };
    }
    case 'install/package': {
      const flags = [data['flags'] ?? []].flat();
      if (!adom.paths().some((path) => packageIn(path) === textOf(data['pkg']))) throw noObject();
      // A package install takes everybody's changes along; without a scope, to every target.
      const objects = [...adom.pending.keys()];
      const devices = scoped(adom, data['scope']);
      return { data: { task: start(call, adom, { objects, devices, preview: flags.includes('preview') }) } };
    }
    case 'install/preview': {
      const task = manager.tasks.start('Preview', caller.user, () => [
        { name: adom.name, err: 0, detail: 'done' },
      ]);
      return { data: { task } };
    }
    case 'preview/result':
      return { data: { message: previewText(pendingOf(adom, textOf(data['device']))) } };
    case 'package/cancel/install':
      return undefined;
    default:
      throw invalidUrl();
  }
}

/** `[["update","obj/firewall/address/x","",""]]`. */
function namedObjects(input: Json | undefined): string[] {
  if (!Array.isArray(input) || input.length === 0) throw invalidData('objects');
  return input.map((entry) => {
    const [action, path, ...more] = Array.isArray(entry) ? entry : [];
    if (!['add', 'update', 'delete', 'move'].includes(textOf(action)) || more.length !== 2)
      throw invalidData('objects');
    return textOf(path).replace(/^\/?obj\//, '');
  });
}

/** `[{"name":"fgt-1","vdom":"root"}]`: those devices alone; without it, all. */
function scoped(adom: Adom, scope: Json | undefined): ManagedDevice[] {
  if (scope === undefined) return adom.devices;
  return [scope].flat().map((one) => {
    const [name, vdom] = isObject(one) ? [textOf(one['name']), textOf(one['vdom'])] : ['', ''];
    const device = adom.devices.find((known) => known.name === name);
    if (!device?.vdoms.includes(vdom)) throw new Refusal(-20002, 'unknown device');
    return device;
  });
}

/** What an install would change on a device. */
function pendingOf(adom: Adom, name: string): string[] {
  const device = adom.devices.find((known) => known.name === name);
  if (!device) throw new Refusal(-20002, 'unknown device');
  return adom.pendingOn(device);
}

interface Install {
  objects: readonly string[];
  devices: readonly ManagedDevice[];
  preview: boolean;
}

function start(call: Call, adom: Adom, { objects, devices, preview }: Install): number {
  return call.manager.tasks.start('Install', call.caller.user, () => {
    if (preview) return devices.map(({ name }) => ({ name, err: 0, detail: 'preview done' }));
    const lines = devices.map((device) => {
      try {
        adom.install(device, objects);
        return { name: device.name, err: 0, detail: 'install and save finished status=OK' };
      } catch (error) {
        return { name: device.name, err: 1, detail: error instanceof Error ? error.message : 'failed' };
      }
    });
    const waiting = new Set(adom.devices.flatMap((device) => adom.pendingOn(device)));
    for (const object of objects) if (!waiting.has(object)) adom.pending.delete(object);
    call.manager.commits.append({ what: 'install' });
    return lines;
  });
}

/** As the command line of a device would take it. */
function previewText(pending: readonly string[]): string {
  return pending
    .map((object) => {
      const slash = object.lastIndexOf('/');
      const path = object.slice(0, slash);
      const table = holdsRules(path) ? 'firewall/policy' : path;
      return `config ${table.replace('/', ' ')}\n    edit "${object.slice(slash + 1)}"\n    next\nend\n`;
    })
    .join('');
}
