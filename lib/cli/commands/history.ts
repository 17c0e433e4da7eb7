import { Command, Option } from 'commander';
import { type AuditRecord, auditKinds, type Image } from '../../app/audit/record.ts';
import { type Holding, holdingsAt } from '../../app/commands/history/at.ts';
import { changesOf, type Subject } from '../../app/commands/history/changes.ts';
import { auditSettings } from '../../app/configuration/audit-settings.ts';
import { ZonebridgeError } from '../../core/errors.ts';
import { type Cli, examples } from '../cli.ts';
import { detailsText } from '../details-text.ts';
import { type HubSession, withHub } from '../hub.ts';
import { parseSubject } from '../history-subject.ts';
import { historyVerify } from '../history-verify.ts';
import type { Cell } from '../table.ts';
import { plural } from '../time.ts';
import { localTime, parseWhen, utcTime } from '../when.ts';

interface HistoryOptions {
  at?: string;
  from?: string;
  to?: string;
  as?: Subject['kind'];
}

export function historyCommand(cli: Cli): Command {
  return new Command('history')
    .summary('who had an address, when and why')
    .description(
      'With --at: who was on the firewalls at that moment, since when, until when, and why. Without: what changed in a period, the last\n' +
        'day unless given. Every change and every action of a person is here some 10 seconds after it happened. Times are shown in UTC and\n' +
        'in the time zone of this machine.',
    )
    .argument('<subject>', 'address, group, firewall, or `hub` for what concerns no single firewall')
    .option('--at <time>', 'the state at this moment, such as 14:03, "2026-11-21 14:03" or 2026-11-21T14:03Z')
    .option('--from <time>', 'changes since then')
    .option('--to <time>', 'changes until then')
    .addOption(
      new Option('--as <kind>', 'what the subject is, when it is the name of two things').choices([
        'address',
        'group',
        'firewall',
      ]),
    )
    .addHelpText(
      'after',
      examples(
        ['zonebridge history 10.20.3.4 --at 14:03', 'who had this address at 14:03, and why'],
        ['zonebridge history storefront --at "2026-11-21 14:03"', 'all members at that moment'],
        ['zonebridge history edge-1 --from 2h', 'what changed on a firewall in the last two hours'],
        ['zonebridge history verify', 'whether the archive is complete'],
      ),
    )
    .addCommand(historyVerify(cli))
    .action((given: string, options: HistoryOptions) =>
      withHub(cli, (hub) => history(cli, hub, { given, ...options })),
    );
}

const dayMs = 86_400_000;

async function history(
  cli: Cli,
  hub: HubSession,
  { given, at, from, to, as }: HistoryOptions & { given: string },
): Promise<void> {
  const now = hub.ports.clock.now();
  const moments = [at, from, to].map((text) => (text === undefined ? undefined : parseWhen(text, now)));
  const [moment, begin, end] = moments;
  checkMoments(hub, { at: moment, from: begin, to: end }, now);
  const subject = await parseSubject(hub, given, as);
  if (moment !== undefined) return showHoldings(cli, hub, { subject, at: moment });
  const period = { from: begin ?? (end ?? now) - dayMs, to: end ?? now };
  const records = await changesOf(hub.ports, subject, period);
  showChanges(cli, records, period);
  cli.output.result({ ok: true, subject, ...period, changes: records });
}

function checkMoments(
  hub: HubSession,
  { at, from, to }: { at: number | undefined; from: number | undefined; to: number | undefined },
  now: number,
): void {
  const usage = (text: string) => new ZonebridgeError('command/usage', text);
  if (at !== undefined && (from !== undefined || to !== undefined))
    throw usage('--at is a moment, --from and --to are a period: give one or the other');
  if (from !== undefined && from > (to ?? now)) throw usage('--from is later than --to');
  if ((at ?? from ?? 0) > now) throw usage('the time lies in the future');
  const { historyDays } = auditSettings(hub.configuration.hub);
  const first = at ?? from ?? to ?? now;
  if (now - first > historyDays * dayMs)
    throw usage(
      `the index goes back ${historyDays} days (hub.audit.historyDays); what is older lies in the archive alone`,
    );
}

async function showHoldings(
  cli: Cli,
  hub: HubSession,
  { subject, at }: { subject: Subject; at: number },
): Promise<void> {
  const { output } = cli;
  const holdings = await holdingsAt(hub, subject, at);
  output.line(`At ${utcTime(at)} UTC (${localTime(at)} local), by our record:`);
  if (holdings.length === 0) output.line('nothing on any firewall');
  else
    output.table({
      head: ['address', 'group', 'firewall', 'state', 'endpoint', 'since (UTC)', 'until (UTC)', 'why'],
      rows: holdings.map(holdingRow),
    });
  output.result({ ok: true, subject, at, holdings });
}

function holdingRow({ address, group, firewall, was, until }: Holding): Cell[] {
  return [
    address,
    group,
    firewall,
    { text: stateText(was), tone: was.state === 'present' && !was.held ? 'good' : 'warn' },
    was.name ?? was.endpoint,
    utcTime(was.since),
    until === undefined ? 'now' : utcTime(until),
    whyText(was),
  ];
}

function showChanges(
  { output }: Cli,
  records: readonly AuditRecord[],
  { from, to }: { from: number; to: number },
): void {
  output.line(`From ${utcTime(from)} to ${utcTime(to)} UTC: ${plural(records.length, 'record')}`);
  if (records.length === 0) return;
  output.table({
    head: ['UTC', 'local', 'what', 'address', 'group', 'firewall', 'who', 'why'],
    rows: records.map((record) => [
      utcTime(record.at),
      localTime(record.at),
      whatText(record),
      record.address,
      record.group,
      record.firewall,
      record.action?.by ?? decisionOf(record)?.by ?? nameIn(record),
      reasonText(record),
    ]),
  });
}

function whatText(record: AuditRecord): string {
  const { kind, action, object } = record;
  if (action) return action.what;
  if (!object) return auditKinds[kind];
  const changes = [...new Set([...Object.keys(object.before), ...Object.keys(object.after)])];
  return `${auditKinds.object}: ${changes.map((name) => `${name} ${JSON.stringify(object.after[name]) ?? 'gone'}`).join(', ')}`;
}

function nameIn({ after, intent, before }: AuditRecord): string | undefined {
  const images = [after, intent, before];
  return (
    images.find((image) => image?.name !== undefined)?.name ??
    images.find((image) => image?.endpoint)?.endpoint
  );
}

/** The decision that a record is about. */
function decisionOf({ kind, after }: AuditRecord): { by: string; text: string } | undefined {
  const { approved, rejected } = after?.held ?? {};
  if (kind === 'approved' && approved)
    return { by: approved.by, text: `until ${utcTime(approved.until)}, ${approved.id}` };
  if (kind === 'rejected' && rejected) return { by: rejected.by, text: rejected.reason ?? '' };
  return undefined;
}

function reasonText(record: AuditRecord): string | undefined {
  if (record.action) return actionText(record.action);
  const decision = decisionOf(record);
  const held = record.after?.held;
  if (!decision || !held) return whyText(record.after ?? record.intent ?? record.before);
  const about = `${held.op} of ${nameIn(record) ?? record.address ?? ''} held: ${held.reason}`;
  return [about, decision.text].filter((text) => text !== '').join('; ');
}

function actionText({ ticket, reason, details }: NonNullable<AuditRecord['action']>): string {
  const parts = [
    ticket === undefined ? [] : `ticket ${ticket}`,
    reason ?? [],
    details ? detailsText(details) : [],
  ];
  return parts.flat().join('; ');
}

function stateText(was: Image): string {
  if (was.held) return `${was.state}, ${was.held.op} held: ${was.held.reason}`;
  if (was.withheldFor !== undefined) return 'withheld';
  return was.op === undefined ? was.state : `pending ${was.op}`;
}

/** Cause, generation, release and answer, each where there is one. */
function whyText(image: Image | undefined): string | undefined {
  if (!image) return undefined;
  const { cause, generation, approval, held, answer } = image;
  const parts = [
    cause ?? [],
    generation === undefined ? [] : `generation ${generation}`,
    approval ? `released by ${approval.by} (${approval.id})` : [],
    held ? `held: ${held.reason}` : [],
    answer ?? [],
  ].flat();
  return parts.length === 0 ? undefined : parts.join(', ');
}
