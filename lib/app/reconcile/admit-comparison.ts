import { ZonebridgeError } from '../../core/errors.ts';
import type { CallBudget } from '../../core/model/call-budget.ts';
import { circuitOpenUntil } from '../../core/model/trouble.ts';
import { callsPerMinute, comparisonBudget } from '../budgets.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { recordOf } from '../state/firewall-records.ts';
import { identityKey, readComparisonCalls, storeComparisonCalls } from '../state/identities.ts';
import { count } from '../state/items.ts';
import { readWriter, writerRow } from '../state/writers.ts';
import { moduleOf, writerKeyOf } from '../targets.ts';

/** A firewall that is always short of calls is compared at least this often all the same. */
const comparedAtLeastMs = 60 * 60_000;

/**
 * Whether a firewall may be compared now, and with how many calls. Nobody calls it while its circuit is open (`firewall/circuit-open`);
 * changes that wait for calls come first (`firewall/budget-used`).
 */
export async function admitComparison(
  ports: Ports,
  { configuration }: ActiveConfiguration,
  { firewall, deadline }: { firewall: string; deadline: number },
): Promise<CallBudget> {
  const settings = configuration.firewalls[firewall];
  if (!settings)
    throw new ZonebridgeError(
      'configuration/not-active',
      `no firewall ${firewall} in the active configuration`,
    );
  const now = ports.clock.now();
  const writerKey = writerKeyOf(ports.firewalls, settings);
  const [writer, identity] = await ports.tables.read([writerRow(writerKey), identityKey(firewall)]);
  const { probe, firewalls } = readWriter(writer);
  const { trouble, calls: runs } = recordOf(firewalls, firewall);
  if (!probe.includes(firewall) && circuitOpenUntil(trouble, now) !== undefined) {
    const text = `${firewall} is left alone since it said ${trouble.lastError ?? 'no'}`;
    throw new ZonebridgeError('firewall/circuit-open', text);
  }
  const compared = now - count(identity, 'comparedAt') < comparedAtLeastMs;
  if (trouble.budgetSince !== undefined && compared) {
    const text = `${firewall} has changes that wait for calls: the comparison comes later`;
    throw new ZonebridgeError('firewall/budget-used', text);
  }
  const { calls: own } = readComparisonCalls(identity);
  await storeComparisonCalls(ports.tables, firewall, { calls: own, until: deadline });
  const perMinute = callsPerMinute(moduleOf(ports.firewalls, settings), settings);
  return comparisonBudget(perMinute, { own, runs });
}
