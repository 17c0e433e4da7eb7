import { z } from 'zod';
import { canonicalAddress } from '../core/model/address.ts';
import { addressesMost } from '../core/model/endpoint.ts';

/** Told about everything that an object held and we could not use; the object itself goes on without it. */
export type Warn = (
  problem: 'object-invalid' | 'address-invalid' | 'addresses-too-many',
  detail: string,
) => void;

export const text = z.string().min(1);
/** What every object has. */
export const metadata = z.object({
  uid: text,
  name: text,
  labels: z.record(z.string(), z.string()).nullish(),
});

/** What a schema makes of an object of the Kubernetes API, or undefined (with a warning) when it has another form. */
export function read<T>(schema: z.ZodType<T>, object: unknown, warn: Warn): T | undefined {
  const result = schema.safeParse(object);
  if (result.success) return result.data;
  const first = result.error.issues[0];
  warn('object-invalid', `${first?.path.join('.') ?? ''}: ${first?.message ?? 'unreadable'}`);
  return undefined;
}

/** Addresses, canonical and without repetition; what is no address is dropped with a warning. */
export function canonical(
  texts: readonly (string | null | undefined)[],
  owner: string,
  warn: Warn,
): string[] {
  const addresses = new Set<string>();
  for (const text of texts) {
    if (!text) continue;
    try {
      addresses.add(canonicalAddress(text));
    } catch {
      warn('address-invalid', `${owner} has ${JSON.stringify(text.slice(0, 60))}`);
    }
  }
  return [...addresses];
}

/**
 * As many addresses as a record may hold, always the same ones: the first, which is the one that the object uses, and of the others the first in
 * order, because an API may list them in any order.
 */
export function asManyAsTold(addresses: readonly string[], owner: string, warn: Warn): readonly string[] {
  if (addresses.length <= addressesMost) return addresses;
  warn('addresses-too-many', `${owner} has ${addresses.length} addresses, ${addressesMost} are told`);
  const [first = '', ...others] = addresses;
  return [first, ...others.sort().slice(0, addressesMost - 1)];
}
