import { isZonebridgeError } from '../../core/errors.ts';
import type { PanoramaClient } from './client.ts';
import { xml, xmlText } from './xml.ts';

/** What the model of a device keeps at most, as far as it tells. */
export interface ModelLimits {
  /** Addresses with tags. */
  registeredIps?: number;
  /** Address objects. */
  addresses?: number;
  /** Members of a static address group. */
  groupMembers?: number;
}

/** Names as public clients and their users read them from `show system state`; the vendor documents none of them. */
const limits: Readonly<Record<string, keyof ModelLimits>> = {
  'cfg.general.max-registered-ip-address': 'registeredIps',
  'cfg.general.max-address': 'addresses',
  'cfg.general.max-address-per-group': 'groupMembers',
};

/** Asks the device that keeps our tags or objects. One that does not know the command, or refuses it, tells nothing. */
export async function readModelLimits(client: PanoramaClient): Promise<ModelLimits> {
  const filter = xmlText('filter', 'cfg.general.max-*');
  const command = xml('show', {}, [xml('system', {}, [xml('state', {}, [filter])])]);
  try {
    const { result } = await client.op(command);
    return limitsIn(result?.text ?? '');
  } catch (error) {
    if (isZonebridgeError(error, 'firewall/rejected', 'firewall/permission-denied')) return {};
    throw error;
  }
}

/** Lines such as `cfg.general.max-address: 10000` or `0x2710`; what is neither is not told. */
function limitsIn(text: string): ModelLimits {
  const found: ModelLimits = {};
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^\s*([\w.-]+):\s*(0x[\da-f]{1,8}|\d{1,9})\s*$/i.exec(line) ?? [];
    const limit = limits[name];
    if (limit !== undefined) found[limit] = Number(value);
  }
  return found;
}
