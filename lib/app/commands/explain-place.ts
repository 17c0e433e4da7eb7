import { parseMembershipKey } from '../../core/model/address-group.ts';
import type { Quarantine, QuarantineWish } from '../../core/plan/quarantine.ts';
import { holdRule } from '../../core/plan/hold-reasons.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { bucketOf, dirtyPartition } from '../state/dirty.ts';
import { count, text } from '../state/items.ts';
import { type Hold, ledgerKey, type LedgerRow, objectKey, readLedger, readObject } from '../state/ledger.ts';
import { membersOf } from '../state/memberships.ts';
import { quarantineLimits } from '../orders/quarantine-limits.ts';
import type { FirewallState } from './firewall-state.ts';
import { titlesOf } from './groups.ts';

/** Why an address is, or is not, in a group on a firewall. */
export type PlaceReason =
  | 'present'
  /** There, although no endpoint gives it any more; a removal is on its way. */
  | 'leaving'
  | 'not-a-member'
  | 'realm-not-seen'
  | 'on-its-way'
  | 'firewall-behind'
  | 'short-of-calls'
  | 'circuit-open'
  | 'observe'
  | 'held'
  | 'withheld'
  /** The group left the configuration and stays on the firewall as it was. */
  | 'left'
  /** A person put the address into quarantine. */
  | 'quarantined'
  | 'paused'
  | 'failed'
  /** The outcome of the last call is not known yet; it is read back. */
  | 'uncertain'
  /** Wanted, nothing noted: the next comparison finds it. */
  | 'not-noticed';

export interface Step {
  /** Milliseconds since 1970. */
  at?: number;
  text: string;
}

/** One address in one group on one firewall: the way it took and where it ended. */
export interface PlaceVerdict {
  firewall: string;
  group: string;
  address: string;
  on: boolean;
  /** Some endpoint gives it to the group. */
  wanted: boolean;
  reason: PlaceReason;
  /** One sentence with what to do, if anything. */
  text: string;
  steps: Step[];
}

interface Facts {
  key: string;
  members: readonly string[];
  row: LedgerRow;
  dirty: { at: number; cause: string } | undefined;
  trouble: string | undefined;
  /** What a person called the object. */
  renamedTo: string | undefined;
  mode: string;
  seen: boolean;
  quarantine: { wish: QuarantineWish; order: Quarantine } | undefined;
  state: FirewallState;
}

/** Follows a membership key to one firewall: membership, mark, ledger, firewall. */
export async function explainPlace(
  ports: Ports,
  active: ActiveConfiguration,
  place: { key: string; state: FirewallState },
): Promise<PlaceVerdict> {
  const { key, state } = place;
  const { group, realm, address } = parseMembershipKey(key);
  const { firewall } = state;
  const [items, members] = await Promise.all([
    ports.tables.read([
      ledgerKey(firewall, key),
      objectKey(firewall, group),
      { table: 'dirty', pk: dirtyPartition(firewall, bucketOf(key)), sk: key },
    ]),
    membersOf(ports.tables, key),
  ]);
  const [ledgerItem, objectItem, dirtyItem] = items;
  const endpoints = members.map(({ endpoint }) => endpoint);
  const titles = await titlesOf(ports, active, endpoints);
  const target = active.configuration.groups[group]?.publish.find((one) => one.firewall === firewall);
  const { trouble, renamedTo } = readObject(objectItem, ports.clock.now());
  const facts: Facts = {
    key,
    members: endpoints.map((endpoint) => titles.get(endpoint) ?? endpoint),
    row: readLedger(ledgerItem),
    dirty: dirtyItem && { at: count(dirtyItem, 'time'), cause: text(dirtyItem, 'cause') ?? '' },
    trouble,
    renamedTo,
    mode: target?.mode ?? 'sync',
    seen: active.configuration.firewalls[firewall]?.realms.includes(realm) === true,
    quarantine: quarantineOn(active, key),
    state,
  };
  const { reason, text: sentence } = verdictOf(facts);
  const on = facts.row.state === 'present' || facts.row.counted;
  const wanted = endpoints.length > 0;
  return { firewall, group, address, on, wanted, reason, text: sentence, steps: stepsOf(facts) };
}

function quarantineOn(active: ActiveConfiguration, key: string): Facts['quarantine'] {
  const place = parseMembershipKey(key);
  const group = active.configuration.groups[place.group];
  const wish = group && active.quarantines.wish(group, place);
  const [order] = active.quarantines.of(place.realm, place.address);
  return wish && order ? { wish, order } : undefined;
}

function stepsOf({ members, row, dirty, trouble, renamedTo, state }: Facts): Step[] {
  const steps: Step[] = [
    {
      text:
        members.length === 0
          ? 'no membership row: no endpoint gives the address to the group'
          : `membership row: given by ${members.slice(0, 5).join(', ')}${members.length > 5 ? ' and others' : ''}`,
    },
  ];
  if (dirty) steps.push({ at: dirty.at, text: `marked to be looked at (${dirty.cause})` });
  steps.push(ledgerStep(row));
  if (trouble !== undefined) steps.push({ text: `the object is in trouble: ${trouble}` });
  if (renamedTo !== undefined)
    steps.push({ text: `a person renamed the object to ${JSON.stringify(renamedTo)}` });
  const health = `firewall ${state.health}${state.lastError === undefined ? '' : `, last error ${state.lastError}`}`;
  steps.push({ ...(state.behindSince === undefined ? {} : { at: state.behindSince }), text: health });
  return steps;
}

function ledgerStep(row: LedgerRow): Step {
  if (row.changedAt === 0) return { text: 'no ledger row: we have never put it there' };
  const parts = [`ledger: ${row.state}`];
  if (row.cause !== undefined) parts.push(`caused by ${row.cause}`);
  if (row.held) parts.push(`${row.held.op} held because of ${row.held.reason}`);
  if (row.withheldFor !== undefined) parts.push('taken off by a person');
  if (row.failed) parts.push(`refused by the firewall, ${row.failed.code}`);
  return { at: row.changedAt, text: parts.join(', ') };
}

interface Verdict {
  reason: PlaceReason;
  text: string;
}

function verdictOf(facts: Facts): Verdict {
  const { row, members, seen } = facts;
  const there = row.state === 'present';
  const wanted = members.length > 0;
  if (!seen) {
    const where = there ? 'It is there from earlier and stays: the' : 'It is not there: the';
    return { reason: 'realm-not-seen', text: `${where} firewall does not list the realm of this address.` };
  }
  if (facts.quarantine) return quarantineVerdict(facts, facts.quarantine);
  const noted = notedVerdict(facts);
  if (noted) return noted;
  if (there && wanted)
    return { reason: 'present', text: `By our record it is there, as it should be; ${comparedText(facts)}.` };
  if (!there && !wanted && row.state === 'absent')
    return {
      reason: 'not-a-member',
      text: 'By our record it is not there, and no endpoint gives it to the group.',
    };
  return openVerdict(facts);
}

function quarantineVerdict(facts: Facts, { wish, order }: NonNullable<Facts['quarantine']>): Verdict {
  const there = facts.row.state === 'present';
  const why = order.reason === undefined ? '' : ` (${order.reason})`;
  const progress = there === (wish === 'in') ? 'done' : progressOf(facts);
  return {
    reason: 'quarantined',
    text: `${order.by} quarantined ${order.target} at ${utc(order.since)}${why}: ${wish === 'in' ? 'it belongs into this deny group' : 'it stays out of allow groups'}, ${progress}. \`zonebridge quarantine ${order.target} --lift\` ends it.`,
  };
}

/** What an order does not stand above is said: nothing is on its way there. */
function progressOf({ mode, trouble, state }: Facts): string {
  if (mode === 'observe') return `and nothing happens: ${quarantineLimits.observe}`;
  if (trouble !== undefined) return `and nothing happens: ${quarantineLimits.object}`;
  if (state.paused) return 'waits for `zonebridge resume`';
  return state.failures > 0
    ? `waits for the firewall (${state.lastError ?? 'no error noted'})`
    : 'on its way';
}

/** An address in a group that left the configuration, where the firewall has it still by our record. */
export function leftVerdict(place: {
  firewall: string;
  group: string;
  address: string;
  since: number;
  row: LedgerRow;
}): PlaceVerdict {
  const { since, row, ...where } = place;
  const text = `${where.group} left the configuration at ${utc(since)} and stays on the firewall as it was; \`zonebridge retire ${where.group}\` shows what uses it, and takes it off.`;
  return { ...where, on: true, wanted: false, reason: 'left', text, steps: [ledgerStep(row)] };
}

/** How far the record can be trusted: the device itself is not asked here. */
function comparedText({ row, state }: Facts): string {
  const { comparison } = state;
  if (!comparison) return 'the firewall has not been compared with it yet';
  const at = utc(comparison.finishedAt);
  if (comparison.error !== '') return `the last comparison, at ${at}, failed (${comparison.error})`;
  const since = row.changedAt > comparison.finishedAt ? ', before it was put there' : '';
  return `last compared with the firewall at ${at}${since}`;
}

/** As the times of the steps are shown. */
function utc(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Firewall and wish differ, and nobody decided that they should: why is it not done yet? */
function openVerdict({ row, mode, state, dirty }: Facts): Verdict {
  if (mode === 'observe')
    return { reason: 'observe', text: 'The group is in mode observe here: nothing is written.' };
  if (state.paused) {
    const text = `${state.paused.by} paused all writes at ${utc(state.paused.since)}; \`zonebridge resume\` lets them go on.`;
    return { reason: 'paused', text };
  }
  if (state.circuitUntil !== undefined) {
    const text = `The firewall refused us (${state.lastError ?? 'unknown error'}) and is left alone; mend it, then run \`zonebridge check ${state.firewall}\`.`;
    return { reason: 'circuit-open', text };
  }
  if (state.failures > 0) {
    const text = `The change waits for the firewall (${state.lastError ?? 'no error noted'}) and is tried again by itself.`;
    return { reason: 'firewall-behind', text };
  }
  if (state.budgetSince !== undefined) {
    const text = `More is to do than ${state.callsPerMinute} calls a minute allow; it follows by itself, in about ${state.catchUpMinutes ?? 1} min.`;
    return { reason: 'short-of-calls', text };
  }
  if (row.state === 'pending' || row.state === 'unknown') {
    const text = 'The outcome of the last call is not known; it is read back by itself.';
    return { reason: 'uncertain', text };
  }
  if (row.state === 'present') {
    const text = 'It is there, but no endpoint gives it any more: it is about to go.';
    return { reason: 'leaving', text };
  }
  if (dirty) return { reason: 'on-its-way', text: 'The change is on its way.' };
  const text = `It should be there and is not; \`zonebridge reconcile ${state.firewall}\` finds out.`;
  return { reason: 'not-noticed', text };
}

function rejectedText({ rejected }: Hold): string {
  if (!rejected) return '';
  return ` Rejected by ${rejected.by} at ${utc(rejected.at)}${rejected.reason === undefined ? '' : `: ${rejected.reason}`}.`;
}

/** What a person or the firewall decided stands before anything else. */
function notedVerdict({ row, members, state, key }: Facts): Verdict | undefined {
  const { group, address } = parseMembershipKey(key);
  if (row.held) {
    const { op, reason } = row.held;
    return {
      reason: 'held',
      text: `${op === 'add' ? 'Adding' : 'Removing'} it is held (${reason}). ${holdRule(reason).remedy.replaceAll('<firewall>', `${state.firewall} --group ${group}`)}${rejectedText(row.held)}`,
    };
  }
  if (row.withheldFor !== undefined && members.length > 0) {
    const text = `A person took it off the firewall; \`zonebridge restore ${state.firewall} ${group} ${address}\` brings it back.`;
    return { reason: 'withheld', text };
  }
  if (row.failed)
    return { reason: 'failed', text: `The firewall refused it: ${row.failed.code}: ${row.failed.message}` };
  return undefined;
}
