import { panorama } from '../../../lib/firewalls/panorama/index.ts';
import {
  groupAddresses,
  scopePath,
  taggedAddresses,
} from '../../../lib/firewalls/panorama/simulator/enforced.ts';
import { editAs } from '../../../lib/firewalls/panorama/simulator/administration.ts';
import type { PanoramaSimulator, SimulatorOptions } from '../../../lib/firewalls/panorama/simulator/index.ts';
import { startPanoramaSimulator } from '../../../lib/firewalls/panorama/simulator/index.ts';
import { firewallModule } from '../../../lib/firewalls/registry.ts';
import { makeServerCertificate } from '../../../lib/simulators/certificates.ts';
import { closedPort } from './closed-port.ts';
import type { FillRequest, Rig, Trouble } from './rig.ts';

/** Settings that reach a simulator. */
export function panoramaSettingsFor(
  { device, port, ca }: PanoramaSimulator,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const { kind, version } = device.facts;
  return { address: '127.0.0.1', port, ca, device: kind, version, administrator: 'zonebridge', ...more };
}

export async function startPanoramaRig(
  options: SimulatorOptions = {},
): Promise<Rig & { simulator: PanoramaSimulator }> {
  const simulator = await startPanoramaSimulator(options);
  const { device } = simulator;
  const settings = panoramaSettingsFor(simulator);
  const module = firewallModule(panorama.kind);
  if (!module) throw new Error('the registry does not list this vendor');
  const scope = scopePath(device);
  const edit = (...edits: object[]) => editAs(device, { admin: 'admin', edits, commit: true });
  return {
    simulator,
    module,
    channels: {
      tags: {
        oneChange: { added: { reads: 0, writes: 1 }, removed: { reads: 0, writes: 1 } },
        bytesMax: 3_000,
        sizes: [10, 1_000, 10_000],
        renames: false,
      },
    },
    settings,
    credential: simulator.apiKey,
    unreachable: async () => ({ ...settings, port: await closedPort() }),
    untrusted: async () => ({ ...settings, ca: (await makeServerCertificate('PAN-OS simulator')).ca }),
    missingScope: () => ({ ...settings, vsys: 'vsys9' }),
    createForeign: (channel, name) => {
      if (channel === 'tags') device.table().register('10.200.0.1', [{ name, timeoutSeconds: 0 }]);
      else throw new Error('only tags yet');
    },
    putMember: (channel, name, address) => {
      if (channel === 'tags') device.table().register(address, [{ name, timeoutSeconds: 0 }]);
    },
    rename: () => {
      throw new Error('nothing can be renamed');
    },
    useInRule: (channel, name) => {
      const group = `uses ${name}`.slice(0, 60);
      const rules = `${scope}/rulebase/security/rules`;
      if (channel === 'tags')
        edit({
          action: 'set',
          xpath: `${scope}/address-group/entry[@name='${group}']`,
          element: `<dynamic><filter>'${name}' and 'prod'</filter></dynamic>`,
        });
      edit({
        action: 'set',
        xpath: `${rules}/entry[@name='allow ${name.slice(0, 40)}']`,
        element: `<source><member>${channel === 'tags' ? group : name}</member></source>`,
      });
      return group;
    },
    enforced: (channel, name) =>
      channel === 'tags' ? taggedAddresses(device, name) : groupAddresses(device, scope, name),
    seen: () => ({ ...simulator.seen }),
    fill: (channel, name, request) => fill(simulator, { channel, name }, request),
    trouble: (kind) => makeTrouble(simulator, kind),
    calm: () => {
      simulator.faults.remove();
      device.facts.registeredIpsMax = Infinity;
    },
    stop: async () => await simulator.stop(),
  };
}

const writes = 'type=(user-id|commit)|action=(multi-config|set|edit|delete)';

function makeTrouble({ faults, device }: PanoramaSimulator, kind: Trouble): void {
  switch (kind) {
    case 'reply lost':
      faults.add({ kind: 'drop-after-commit', path: writes, times: 1 });
      break;
    case 'read cut':
      faults.add({ kind: 'drop', path: 'type=op|action=(get|show)', times: 1 });
      break;
    case 'unauthorized':
    case 'forbidden':
      faults.add({ kind });
      break;
    case 'throttled':
      faults.add({ kind: 'throttle' });
      break;
    case 'page':
      faults.add({ kind: 'login-page' });
      break;
    case 'full':
      device.facts.registeredIpsMax = 0;
      break;
  }
}

function fill(
  { device }: PanoramaSimulator,
  { channel, name }: { channel: string; name: string },
  { addresses }: FillRequest,
): void {
  if (channel !== 'tags') throw new Error('only tags yet');
  for (const address of addresses) device.table().register(address, [{ name, timeoutSeconds: 0 }]);
}
