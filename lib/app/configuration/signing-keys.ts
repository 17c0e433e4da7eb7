import type { HubConfiguration } from './model.ts';

/** Numbers of the keys that sign what clusters shall have: the first is in force, the others are still (or already) accepted. */
export function signingKeysOf({ signingKeys }: Pick<HubConfiguration, 'signingKeys'>): readonly number[] {
  return signingKeys ?? [1];
}
