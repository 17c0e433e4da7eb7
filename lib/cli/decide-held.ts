import { type Decided, type Decision, type HeldChange, listHeld } from '../app/commands/approve.ts';
import { readFirewallState } from '../app/commands/firewall-state.ts';
import type { Ports } from '../app/ports.ts';
import type { ActiveConfiguration } from '../app/state/configurations.ts';
import { givenAddress } from '../core/model/address.ts';
import { holdRule } from '../core/plan/hold-reasons.ts';
import type { Cli } from './cli.ts';
import { confirm } from './confirm.ts';
import { exitCodes } from './exit-codes.ts';
import { acting, type ActiveHub } from './hub.ts';
import { requireKnown } from './known.ts';
import { ago, plural } from './time.ts';

export interface DecideOptions {
  group?: string;
  address?: string[];
  ticket?: string;
  reason?: string;
  yes?: boolean;
}

/** What differs between approving and rejecting. */
export interface DecisionKind {
  /** As in the question "Release 3 changes on edge-1?". */
  verb: string;
  /** Of the changes that an approval can release at all. */
  concerns(held: HeldChange): boolean;
  decide(ports: Ports, active: ActiveConfiguration, decision: Decision): Promise<Decided>;
  /** Lines for people. */
  done(decided: Decided): string;
  /** Name of the list in `--json`. */
  listed: string;
}

/** Shows what is held, asks, and carries the decision out. */
export async function decideHeld(
  cli: Cli,
  hub: ActiveHub,
  request: DecideOptions & { firewall: string; kind: DecisionKind },
): Promise<void> {
  const { output } = cli;
  const { firewall, kind, group, yes } = request;
  await requireKnown(hub, { firewall, group });
  const active = await hub.active();
  const addresses = request.address?.map(givenAddress);
  const all = (await listHeld(hub.ports, active, firewall, group)).filter(
    ({ address }) => addresses?.includes(address) ?? true,
  );
  const held = all.filter((one) => holdRule(one.reason).approvable && kind.concerns(one));
  noteOthers(cli, all, held);
  if (held.length === 0) {
    output.line(`Nothing to decide on ${firewall}.`);
    output.result({ ok: true, [kind.listed]: [] });
    return;
  }
  showHeld(cli, held, hub.ports.clock.now());
  if (!(await confirm(cli, `${kind.verb} ${plural(held.length, 'change')} on ${firewall}?`, yes))) {
    output.line('Nothing was decided.');
    output.result({ ok: false, [kind.listed]: [], held });
    cli.exitCode = exitCodes.held;
    return;
  }
  const by = await acting(cli, hub);
  const { reason, ticket } = request;
  const decided = await kind.decide(hub.ports, active, { firewall, held, by, reason, ticket });
  if (decided.decided.length > 0) output.line(kind.done(decided));
  if (decided.expiresAt !== undefined) await notePause(cli, hub, active, firewall);
  if (decided.changed.length > 0) {
    output.line(`${plural(decided.changed.length, 'change')} changed meanwhile and is left out: look again.`);
    cli.exitCode = exitCodes.held;
  }
  const { id, expiresAt, changed } = decided;
  output.result({
    ok: changed.length === 0,
    id,
    by: by.name,
    [kind.listed]: decided.decided,
    changed,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

function showHeld({ output }: Cli, held: readonly HeldChange[], now: number): void {
  output.table({
    head: ['group', 'change', 'address', 'held because of', 'since', 'rejected'],
    rows: held.map((one) => [
      one.group,
      one.op,
      one.address,
      one.reason,
      ago(one.since, now),
      one.rejected && `by ${one.rejected.by}${one.rejected.reason ? `: ${one.rejected.reason}` : ''}`,
    ]),
  });
}

/** A release runs out while nothing is written. */
async function notePause(
  { output }: Cli,
  hub: ActiveHub,
  active: ActiveConfiguration,
  firewall: string,
): Promise<void> {
  const { paused } = await readFirewallState(hub.ports, active.configuration, firewall);
  if (paused)
    output.line(
      output.safe(
        `${firewall} is paused by ${paused.by}: nothing is written before \`zonebridge resume\`, and the release runs out meanwhile.`,
      ),
    );
}

/** What is held too, but not by anything that is decided here. */
function noteOthers({ output }: Cli, all: readonly HeldChange[], held: readonly HeldChange[]): void {
  const rest = all.filter((one) => !held.includes(one) && !holdRule(one.reason).approvable);
  const rejected = all.filter((one) => !held.includes(one) && one.rejected !== undefined);
  if (rejected.length > 0)
    output.note(
      `${plural(rejected.length, 'change')} rejected: \`zonebridge approve --rejected\` shows them, too.`,
    );
  for (const [reason, changes] of Map.groupBy(rest, ({ reason }) => reason))
    output.note(`${plural(changes.length, 'change')} held because of ${reason}: ${holdRule(reason).remedy}`);
}
