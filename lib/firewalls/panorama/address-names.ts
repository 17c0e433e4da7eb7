import { digest } from '../../core/model/content-hash.ts';

/** What the names of all address objects of a group begin with. */
export function addressPrefix(hub: string, groupObject: string): string {
  return `zba-${digest(JSON.stringify(['addresses', hub, groupObject])).slice(0, 12)}-`;
}

export { addressName, addressOfName } from '../shared/names.ts';

export function placeholderName(prefix: string): string {
  return `${prefix}none`;
}
