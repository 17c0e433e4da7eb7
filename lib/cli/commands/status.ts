import { Command } from 'commander';
import {
  type ClusterStatus,
  type FailedMembers,
  type FirewallStatus,
  isWell,
  readStatus,
  type SetAside,
  silentAfterMs,
  type Status,
} from '../../app/commands/status.ts';
import type { WayBackStatus } from '../../app/way-back/way-back-status.ts';
import { leftObjects } from '../../app/commands/leaving/left-objects.ts';
import { type Cli, examples } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { withActiveHub } from '../hub.ts';
import { showNetworks } from '../show-networks.ts';
import { publicationText } from '../publication-text.ts';
import { showLeft } from '../show-left.ts';
import { showReaders } from '../show-readers.ts';
import type { Cell } from '../table.ts';
import { troubleLines } from '../trouble-lines.ts';
import { ago, duration, moment, plural } from '../time.ts';

export function statusCommand(cli: Cli): Command {
  return new Command('status')
    .summary('how everything stands')
    .description(
      'Shows firewalls, groups and clusters as the hub knows them; calls no firewall.\n' +
        'Exit code 3 when something needs a person or is behind.',
    )
    .addHelpText(
      'after',
      examples(['zonebridge status', 'an overview'], ['zonebridge status --json', 'for monitoring']),
    )
    .action(() =>
      withActiveHub(cli, async (hub) => {
        const status = await readStatus(hub);
        show(cli, status);
        const left = await leftObjects(hub.ports, await hub.active());
        showLeft(cli, left);
        const ok = isWell(status);
        if (!ok) cli.exitCode = exitCodes.held;
        cli.output.result({ ok, ...status, left });
      }),
    );
}

function show(cli: Cli, status: Status): void {
  const { output } = cli;
  const { now } = status;
  output.line(
    `Hub ${status.hub}, generation ${status.generation}, applied by ${output.safe(authorText(status))} at ${moment(status.activatedAt)}\n`,
  );
  for (const line of canaryLines(status)) output.line(`${line}\n`);
  output.table({
    head: ['firewall', 'state', 'to do', 'behind since', 'last success', 'device', 'last comparison'],
    rows: status.firewalls.map((firewall) => firewallRow(firewall, now)),
  });
  for (const firewall of status.firewalls)
    for (const line of troubleLines(firewall, now)) output.line(`  ${output.safe(line)}`);
  showOrders(cli, status);
  output.line('\nGroups by our record, as of the last comparison and what was written since:');
  output.table({
    head: ['group', 'firewall', 'object', 'mode', 'members', 'held', 'withheld', 'failed', 'trouble'],
    rows: status.firewalls.flatMap(({ firewall, groups }) =>
      groups.map(({ group, object, channel, mode, size, held, frozen, withheld, failed, trouble }) => [
        group,
        firewall,
        object === '' ? undefined : `${object} (${channel})`,
        mode,
        size,
        heldCell(held, frozen),
        withheld === 0 ? 0 : { text: String(withheld), tone: 'warn' as const },
        failed.count === 0
          ? 0
          : { text: `${failed.count}: ${failed.codes.join(', ')}`, tone: 'bad' as const },
        trouble === undefined ? undefined : { text: trouble, tone: 'bad' as const },
      ]),
    ),
  });
  showGroupNotes(cli, status.firewalls);
  for (const one of status.publications)
    if (one.complete < one.of)
      output.line(`  ${output.safe(`${one.group} is on ${publicationText(one, now)}`)}`);
  showReaders(cli, status.firewalls, now);
  output.line();
  output.table({
    head: ['cluster', 'agent', 'heard', 'endpoints', 'unsent', 'compared', 'found late', 'set aside'],
    rows: status.clusters.map((cluster) => clusterRow(cluster, now)),
  });
  for (const { cluster, wayBack } of status.clusters)
    for (const line of wayBackLines(cluster, wayBack)) output.line(`  ${output.safe(line)}`);
  showNetworks(cli, status);
  for (const { cluster, state, reason } of status.proposals)
    output.line(output.safe(`  EKS cluster ${cluster} asks for the agent (${state}): ${reason}`));
  if (status.unknownSenders)
    output.line(`\nEvents of unknown senders: ${output.safe(asideText(status.unknownSenders, now))}`);
}

/** The author is what was typed, or what a machine says: where AWS says who it was, that stands beside it. */
function authorText({ author, principal }: Status): string {
  return principal === undefined || principal === author ? author : `${author}, signed in as ${principal},`;
}

/** What a row of the table has no room for. */
function showGroupNotes({ output }: Cli, firewalls: readonly FirewallStatus[]): void {
  for (const { firewall, groups } of firewalls)
    for (const { group, failed } of groups)
      if (failed.count > 0) output.line(`  ${output.safe(failedText({ firewall, group, ...failed }))}`);
  for (const { firewall, groups } of firewalls)
    for (const { group, object, renamedTo } of groups)
      if (renamedTo !== undefined)
        output.line(`  ${output.safe(renamedText({ firewall, group, object, renamedTo }))}`);
  for (const { firewall, groups } of firewalls)
    for (const { group, size, actsAfter } of groups)
      if (actsAfter !== undefined && size > 0)
        output.line(
          `  ${output.safe(`${group} on ${firewall}: its members act there only after ${actsAfter}`)}`,
        );
}

/** What we write in a cluster, and where that is not as it should be. */
function wayBackLines(cluster: string, wayBack: WayBackStatus | undefined): string[] {
  if (wayBack === undefined) return [];
  const { generation, applied, refused, troubles } = wayBack;
  const state = applied === generation ? 'applied' : `the agent told of ${applied === 0 ? 'none' : applied}`;
  return [
    `${cluster}: desired state ${generation}, ${state}`,
    ...(refused === undefined ? [] : [`  refused: ${refused.code}: ${refused.message}`]),
    ...troubles.map(
      ({ producer, object, why, message }) =>
        `  ${[producer, object, why, message].filter((part) => part !== '').join(': ')}`,
    ),
  ];
}

/** What persons ordered: pauses and quarantines. */
function showOrders({ output }: Cli, { firewalls, quarantines, now }: Status): void {
  for (const { firewall, paused } of firewalls) {
    if (!paused) continue;
    const why = paused.reason === undefined ? '' : `: ${paused.reason}`;
    output.line(output.safe(`  ${firewall}: paused ${ago(paused.since, now)} by ${paused.by}${why}`));
  }
  if (quarantines.length === 0) return;
  output.line('\nQuarantines:');
  output.table({
    head: ['target', 'addresses', 'deny group', 'since', 'by', 'reason', 'address reused'],
    rows: quarantines.map(({ target, addresses, denyGroup, since, by, reason, reused }) => [
      target,
      addresses.map((entry) => entry.split('|')[1]).join(', '),
      denyGroup,
      ago(since, now),
      by,
      reason,
      reused && { text: `${reused.address} ${ago(reused.at, now)}`, tone: 'bad' as const },
    ]),
  });
}

function canaryLines({ canary, generation, now }: Status): string[] {
  if (!canary) return [];
  const { firewalls, base, since, promoteAt } = canary;
  const next =
    promoteAt === undefined
      ? '`zonebridge canary promote` or `abort` ends that'
      : `promoted by itself in ${duration(Math.max(0, promoteAt - now))} if all stays well`;
  return [
    `Generation ${generation} is tried on ${firewalls.join(', ')} since ${duration(now - since)}; the others have ${base}. ${next}.`,
  ];
}

/** Which members the firewall refused, and where to read more. */
export function failedText(refused: FailedMembers & { firewall: string; group: string }): string {
  const { firewall, group, count, codes, addresses } = refused;
  const [first = ''] = addresses;
  const more = count > addresses.length ? ` and ${count - addresses.length} more` : '';
  return `${firewall} refuses ${count} of ${group} (${codes.join(', ')}): ${addresses.join(', ')}${more}; \`zonebridge explain ${first}\` says why`;
}

/** Where the members of a group went, and what to do about it. */
function renamedText(place: { firewall: string; group: string; object: string; renamedTo: string }): string {
  const { firewall, group, object, renamedTo } = place;
  const now = JSON.stringify(renamedTo);
  return `${firewall}: the object of ${group} is called ${now} now, and is not kept under that name: call it ${object} again (runbook: Drift)`;
}

/** What waits for a person, and what only waits for its time. */
function heldCell(held: number, frozen: number): Cell {
  if (held === 0 && frozen === 0) return 0;
  const text = frozen === 0 ? String(held) : `${held} + ${frozen} frozen`;
  return held === 0 ? { text, tone: 'dim' } : { text, tone: 'warn' };
}

function firewallRow(firewall: FirewallStatus, now: number): Cell[] {
  const { health, behindSince, identity, comparison } = firewall;
  const tones = {
    'in step': 'good',
    working: 'good',
    behind: 'bad',
    'short of calls': 'warn',
    'circuit open': 'bad',
    paused: 'warn',
    'not reached yet': 'dim',
  } as const;
  return [
    firewall.firewall,
    { text: health, tone: tones[health] },
    firewall.dirty,
    behindSince === undefined ? undefined : duration(now - behindSince),
    ago(firewall.lastSuccess, now),
    identity &&
      `${identity.serial} ${identity.version}${identity.role === undefined ? '' : ` ${identity.role}`}`,
    comparison && comparisonText(comparison, now),
  ];
}

function comparisonText(comparison: NonNullable<FirewallStatus['comparison']>, now: number): string {
  if (comparison.error !== '') return `failed ${ago(comparison.finishedAt, now)}: ${comparison.error}`;
  const { removedByHand, lost, foreign } = comparison;
  const drift = removedByHand + lost + foreign;
  return `${drift === 0 ? 'no drift' : plural(drift, 'difference')}, ${ago(comparison.finishedAt, now)}`;
}

function clusterRow(cluster: ClusterStatus, now: number): Cell[] {
  const { heartbeatAt, silentMs, unheard, verifiedShards, shards, quarantine } = cluster;
  const silent = silentMs !== undefined && silentMs >= silentAfterMs;
  const expired = cluster.expiredGroups.length === 0 ? '' : `; expired: ${cluster.expiredGroups.join(', ')}`;
  const deaf = unheard.length === 0 ? '' : `, hears nothing of ${unheard.join(', ')} from its API`;
  const since = silent ? `, silent for ${duration(silentMs)}` : '';
  const heard = `${ago(heartbeatAt, now)}${since}${deaf}${expired}`;
  return [
    cluster.cluster,
    cluster.epoch === 0 ? 'never heard' : `epoch ${cluster.epoch}, version ${cluster.agentVersion ?? '?'}`,
    silent ? { text: heard, tone: 'bad' } : heard,
    cluster.endpoints,
    cluster.pending,
    verifiedShards === shards ? 'in full' : `${verifiedShards} of ${shards}`,
    lateText(cluster.foundLate, now),
    quarantine && { text: asideText(quarantine, now), tone: 'warn' },
  ];
}

function lateText({ count, last, at }: ClusterStatus['foundLate'], now: number): string {
  return count === 0 ? 'none' : `${count}, last ${last} ${ago(at, now)}`;
}

function asideText({ count, code, message, at }: SetAside, now: number): string {
  return `${count}, last ${ago(at, now)}: ${code}: ${message.slice(0, 120)}`;
}
