import type { FirewallDescription } from '../../core/firewall.ts';
import { quoted } from '../../core/model/quoted.ts';
import type { Device } from './devices.ts';
import type { FillIn, Finding } from './finding.ts';
import type { ImportOptions } from './options.ts';

/** A firewall of the new configuration. */
export interface ImportedFirewall {
  id: string;
  device: Device;
  module: FirewallDescription;
  /** Its entry, as it is written. */
  fields: Record<string, unknown>;
  /** What its module makes of the entry. */
  settings: unknown;
  fillIn: FillIn[];
}

/** Only ever checked: the file with the real one is named in the entry. */
const placeholder = '-----BEGIN CERTIFICATE-----';
/** Versions are not in the former settings; a real one is told by the device. */
const exampleVersion = '7.4';

/** The devices that this version can talk to; each that it cannot is a finding. */
export function firewallsOf(
  devices: readonly Device[],
  options: ImportOptions,
  findings: Finding[],
): ImportedFirewall[] {
  const firewalls: ImportedFirewall[] = [];
  for (const device of devices) {
    const refuse = (reason: string): void => {
      findings.push({ place: device.place, what: `device ${quoted(device.name)}`, reason });
    };
    const twin = firewalls.find((one) => isSame(one.device, device));
    const module = Object.hasOwn(options.modules, device.kind) ? options.modules[device.kind] : undefined;
    if (twin) refuse(`it is the same as ${quoted(twin.device.name)}: one of them is enough`);
    else if (!module) refuse(`this version knows no firewall of type ${device.kind}`);
    else {
      const entry = entryOf(device, idOf(device.name, firewalls), options);
      const { fields, own, id, fillIn } = entry;
      const parsed = module.settings.safeParse({ ...own, ca: placeholder });
      if (parsed.success) firewalls.push({ id, device, module, fields, settings: parsed.data, fillIn });
      else refuse(`its \`${parsed.error.issues[0]?.path.join('.') ?? 'entry'}\` has no form that we take`);
    }
  }
  return firewalls;
}

function isSame(one: Device, other: Device): boolean {
  const keyOf = ({ kind, address, port = 443, scope = 'root' }: Device) =>
    JSON.stringify([kind, address.toLowerCase(), port, scope]);
  return keyOf(one) === keyOf(other);
}

/** In the form of ids here; two names that become the same get a number. */
function idOf(name: string, firewalls: readonly ImportedFirewall[]): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 58)
    .replace(/[.-]+$/, '');
  const base = plain === '' ? 'firewall' : plain;
  const taken = new Set(firewalls.map(({ id }) => id));
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}

function entryOf(device: Device, id: string, { network, realm }: ImportOptions) {
  const { kind, address, port, scope } = device;
  const scopeField = kind === 'fortigate' ? 'vdom' : 'adom';
  const own = {
    address,
    ...(port === undefined ? {} : { port }),
    [scopeField]: scope ?? 'root',
    version: exampleVersion,
    ...(kind === 'fortigate' ? { managedBy: 'none' } : {}),
  };
  const fields = { kind, network, realms: [realm], ...own, caFile: `${id}-ca.pem` };
  const path = `firewalls.${id}`;
  const fillIn: FillIn[] = [
    { path: `${path}.version`, why: 'the former settings do not tell it' },
    { path: `${path}.caFile`, why: 'put the CA certificate of the device there; TLS is always verified' },
  ];
  if (kind === 'fortigate')
    fillIn.push({
      path: `${path}.managedBy`,
      why: 'whether a manager writes to it is not in the former settings',
    });
  else
    fillIn.push(
      {
        path,
        why: 'whether the former controller installed its changes is not documented: `install: none` unless you say otherwise',
      },
      {
        path,
        why: 'its secret is an API key, or `<administrator>:<password>`: the former `username` is not taken over',
      },
    );
  if (scope === undefined)
    fillIn.push({ path: `${path}.${scopeField}`, why: `the former entry had no ${scopeField}` });
  return { id, own, fields, fillIn };
}
