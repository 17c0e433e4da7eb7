import { parseAddress } from '../../core/model/address.ts';
import { digest } from '../../core/model/content-hash.ts';

/** What the names of all address objects of a group begin with. */
export function addressPrefix(hub: string, groupObject: string): string {
  return `zba-${digest(JSON.stringify(['addresses', hub, groupObject])).slice(0, 12)}-`;
}

/** Name of the object of one address in one group. */
export function addressName(prefix: string, address: string): string {
  const { ip, family } = parseAddress(address);
  if (family === 4) return prefix + address;
  return prefix + ('parts' in ip ? ip.parts.map((part) => part.toString(16)).join('-') : '');
}

/** Address that an object of the group stands for by its name; undefined for any other name. */
export function addressOfName(prefix: string, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  try {
    const { text } = parseAddress(rest.includes('.') ? rest : rest.replaceAll('-', ':'));
    return addressName(prefix, text) === name ? text : undefined;
  } catch {
    return undefined;
  }
}

export function placeholderName(prefix: string): string {
  return `${prefix}none`;
}
