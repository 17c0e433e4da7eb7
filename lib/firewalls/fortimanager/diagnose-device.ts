import { isZonebridgeError } from '../../core/errors.ts';
import type { DiagnosisNote } from '../../core/firewall.ts';
import { adomPath, type FortimanagerClient } from './client.ts';

const name = 'device';

/** Whether the manager knows the device whose mappings are kept, and its VDOM. Nothing where the entry names none. */
export async function deviceNotes(client: FortimanagerClient): Promise<DiagnosisNote[]> {
  const { adom, device } = client.settings;
  if (device === undefined) return [];
  const url = `${adomPath(adom)}/device/${device.name}`;
  const params = [
    { url, fields: ['name'] },
    { url: `${url}/vdom/${device.vdom}`, fields: ['name'] },
  ];
  let answers: Awaited<ReturnType<FortimanagerClient['read']>>;
  try {
    answers = await client.read(params);
  } catch (error) {
    if (!isZonebridgeError(error, 'firewall/permission-denied')) throw error;
    return [unreadable(device.name)];
  }
  const [found, vdom] = answers.map(({ status }) => status.code);
  if (found === -11 || vdom === -11) return [unreadable(device.name)];
  if (isUnknown(found))
    return [
      {
        name,
        state: 'warning',
        text: `ADOM ${adom} has no device ${device.name}`,
        remedy: 'Write it in `device.name` as the device manager shows it, in the ADOM of this entry.',
      },
    ];
  if (isUnknown(vdom))
    return [
      {
        name,
        state: 'warning',
        text: `device ${device.name} has no VDOM ${device.vdom}`,
        remedy: 'Name one that it has in `device.vdom`; `root` where VDOMs are off.',
      },
    ];
  for (const [index, answer] of answers.entries())
    if (answer.status.code !== 0) throw await client.error('get', params[index] ?? { url }, answer);
  return [{ name, state: 'ok', text: `${device.name}, VDOM ${device.vdom}, is known in ADOM ${adom}` }];
}

/** Assumption: no source says how a device that is not there is told; the row is missing, the URL is invalid, or the device unknown. */
function isUnknown(code: number | undefined): boolean {
  return code === -3 || code === -6 || code === -20002;
}

function unreadable(device: string): DiagnosisNote {
  return {
    name,
    state: 'warning',
    text: `the administrator may not read the device manager, so nobody knows whether there is a device ${device}`,
    remedy: 'Give the profile Device Manager: Read-Only, or compare `device` with the device manager by eye.',
  };
}
