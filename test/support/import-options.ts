import { modules } from '../../lib/app/compose-modules.ts';
import type { ImportOptions } from '../../lib/imports/tigera/index.ts';

/** What an import is asked for where a test asks for nothing else. */
export const importOptions: ImportOptions = {
  cluster: 'shop',
  network: 'lan',
  realm: 'default',
  maxMembers: 500,
  usedIn: 'allow',
  objects: new Map(),
  part: true,
  modules,
};
