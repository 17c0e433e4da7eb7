import {
  addressName,
  addressPrefix,
  placeholderName,
} from '../../../lib/firewalls/panorama/address-names.ts';
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
  const set = (path: string, element: string) => ({ action: 'set', xpath: scope + path, element });
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
      objects: {
        oneChange: { added: { reads: 2, writes: 2 }, removed: { reads: 2, writes: 2 } },
        bytesMax: 8_000,
        sizes: [10, 400],
        renames: true,
      },
    },
    settings,
    credential: simulator.apiKey,
    unreachable: async () => ({ ...settings, port: await closedPort() }),
    untrusted: async () => ({ ...settings, ca: (await makeServerCertificate('PAN-OS simulator')).ca }),
    missingScope: () => ({ ...settings, vsys: 'vsys9' }),
    createForeign: (channel, name) => {
      if (channel === 'tags') device.table().register('10.200.0.1', [{ name, timeoutSeconds: 0 }]);
      else
        edit(
          set('/address', "<entry name='theirs'><ip-netmask>10.200.0.1</ip-netmask></entry>"),
          set(
            `/address-group/entry[@name='${name}']`,
            '<static><member>theirs</member></static><description>made by a person</description>',
          ),
        );
    },
    putMember: (channel, name, address) => {
      if (channel === 'tags') device.table().register(address, [{ name, timeoutSeconds: 0 }]);
      else
        edit(
          set('/address', `<entry name='by hand'><ip-netmask>${address}</ip-netmask></entry>`),
          set(`/address-group/entry[@name='${name}']`, '<static><member>by hand</member></static>'),
        );
    },
    rename: (_, name, newname) =>
      void edit({ action: 'rename', xpath: `${scope}/address-group/entry[@name='${name}']`, newname }),
    useInRule: (channel, name) => {
      const group = channel === 'tags' ? `uses ${name}`.slice(0, 60) : name;
      const rule = `allow ${name.slice(0, 40)}`;
      if (channel === 'tags')
        edit(
          set(
            `/address-group/entry[@name='${group}']`,
            `<dynamic><filter>'${name}' and 'prod'</filter></dynamic>`,
          ),
        );
      edit(
        set(`/rulebase/security/rules/entry[@name='${rule}']`, `<source><member>${group}</member></source>`),
      );
      return channel === 'tags' ? group : rule;
    },
    enforced: (channel, name) =>
      channel === 'tags' ? taggedAddresses(device, name) : groupAddresses(device, scope, name),
    seen: () => ({ ...simulator.seen }),
    fill: (channel, name, request) => fill(simulator, { channel, name }, request),
    trouble: (kind) => makeTrouble(simulator, kind),
    calm: () => {
      simulator.faults.remove();
      device.facts.registeredIpsMax = Infinity;
      device.config.addressesMax = Infinity;
    },
    stop: async () => await simulator.stop(),
  };
}

/** What makes a change effective. */
const writes = 'type=(user-id|commit)';

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
      device.config.addressesMax = 0;
      break;
  }
}

function fill(
  { device }: PanoramaSimulator,
  { channel, name }: { channel: string; name: string },
  { addresses, hub, commentFor }: FillRequest,
): void {
  if (channel === 'tags') {
    for (const address of addresses) device.table().register(address, [{ name, timeoutSeconds: 0 }]);
    return;
  }
  const prefix = addressPrefix(hub, name);
  const objects = [placeholderName(prefix), ...addresses.map((address) => addressName(prefix, address))];
  const values = ['192.0.2.255', ...addresses];
  const entries = objects.map(
    (object, index) => `<entry name='${object}'><ip-netmask>${values[index]}/32</ip-netmask></entry>`,
  );
  const members = objects.map((object) => `<member>${object}</member>`).join('');
  const description = `<description>${commentFor(name)}</description>`;
  const edits = [
    { action: 'set', xpath: `${scopePath(device)}/address`, element: entries.join('') },
    {
      action: 'set',
      xpath: `${scopePath(device)}/address-group/entry[@name='${name}']`,
      element: `<static>${members}</static>${description}`,
    },
  ];
  editAs(device, { edits, commit: true });
}
