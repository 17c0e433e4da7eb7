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
import type { FillRequest, MemberObjects, Rig } from './rig.ts';
import { registered, settingsAndWrongOnes, troubleOf } from './rig-parts.ts';

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
  const scope = scopePath(device);
  const edit = (...edits: object[]) => editAs(device, { admin: 'admin', edits, commit: true });
  const set = (path: string, element: string) => ({ action: 'set', xpath: scope + path, element });
  return {
    simulator,
    module: registered(panorama.kind),
    ...settingsAndWrongOnes(settings, { vsys: 'vsys9' }),
    channels: {
      tags: {
        oneChange: { added: { reads: 0, writes: 1 }, removed: { reads: 0, writes: 1 } },
        bytesMax: 3_000,
        sizes: [10, 1_000, 10_000],
        renames: false,
      },
      objects: {
        oneChange: { added: { reads: 4, writes: 2 }, removed: { reads: 4, writes: 2 } },
        bytesMax: 8_000,
        sizes: [10, 400],
        renames: true,
      },
    },
    credential: simulator.apiKey,
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
    memberObject: (channel) => (channel === 'objects' ? memberObjects(simulator) : undefined),
    enforced: (channel, name) =>
      channel === 'tags' ? taggedAddresses(device, name) : groupAddresses(device, scope, name),
    seen: () => ({ ...simulator.seen }),
    fill: (channel, name, request) => fill(simulator, { channel, name }, request),
    trouble: troubleOf({
      faults: simulator.faults,
      writes: { path: 'type=(user-id|commit)' },
      reads: { path: 'type=op|action=(get|show)' },
      fill: () => {
        device.facts.registeredIpsMax = 0;
        device.config.addressesMax = 0;
      },
    }),
    standBy: () => {
      device.facts.role = 'passive';
      return { ...settings, ha: { serials: [device.facts.serial] } };
    },
    lag: () => void simulator.faults.add({ kind: 'stale' }),
    becomeAnother: () => void (device.facts.serial = '015351000099999'),
    calm: () => {
      simulator.faults.remove();
      device.facts.role = 'alone';
      device.facts.registeredIpsMax = Infinity;
      device.config.addressesMax = Infinity;
    },
    stop: async () => await simulator.stop(),
  };
}

function memberObjects({ device }: PanoramaSimulator): MemberObjects {
  const scope = scopePath(device);
  const edit = (xpath: string, element: string) =>
    editAs(device, {
      admin: 'admin',
      edits: [{ action: 'set', xpath: scope + xpath, element }],
      commit: true,
    });
  const useMember = (name: string) => {
    const group = `of ${name}`.slice(0, 63);
    const paths = [`/address/entry[@name='${name}']`, `/address-group/entry[@name='${group}']`];
    edit(paths[1] ?? '', `<static><member>${name}</member></static>`);
    return () => structuredClone(paths.flatMap((path) => device.config.read('running', scope + path)));
  };
  return {
    nameOf: ({ hub, object, address }) => addressName(addressPrefix(hub, object), address),
    makeByPerson: (name, address) => {
      const value = `<ip-netmask>${address}</ip-netmask><description>made by a person</description>`;
      edit(`/address/entry[@name='${name}']`, value);
      return useMember(name);
    },
    useMember,
  };
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
    (object, index) =>
      `<entry name='${object}'><ip-netmask>${values[index]}/32</ip-netmask><description>${commentFor(object)}</description></entry>`,
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
