import type { FirewallConnection, ObjectRef } from '../../core/firewall.ts';
import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Finding } from './compare.ts';

/**
 * Asks once more for each address that looks taken off by a person, and keeps what is certainly gone: a listing of several pages misses a
 * member when others leave and join meanwhile, and another may be on its way. Throws what the firewall answers.
 */
export async function confirmed(
  connection: Pick<FirewallConnection, 'observeSome'>,
  object: ObjectRef,
  findings: Finding[],
): Promise<Finding[]> {
  const addressOf = ({ key }: Finding): string => parseMembershipKey(key).address;
  const missed = findings.filter(({ kind }) => kind === 'removed-by-hand');
  if (missed.length === 0) return findings;
  const there = await connection.observeSome(object, [...new Set(missed.map(addressOf))]);
  return findings.filter((one) => one.kind !== 'removed-by-hand' || there.get(addressOf(one)) === false);
}
