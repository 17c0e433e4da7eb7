import { Command } from 'commander';
import { verifyArchive, type Verification } from '../app/commands/history/verify.ts';
import { auditSettings } from '../app/configuration/audit-settings.ts';
import { ZonebridgeError } from '../core/errors.ts';
import { type Cli, examples } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { hubSubject } from './history-subject.ts';
import { type HubSession, withHub } from './hub.ts';
import { plural } from './time.ts';
import { parseWhen, utcTime } from './when.ts';

interface VerifyOptions {
  from?: string;
  to?: string;
  firewall?: string;
}

export function historyVerify(cli: Cli): Command {
  return new Command('verify')
    .summary('whether the archive is complete')
    .description(
      'Reads the archive of a period, the last day unless given, and checks the chain of its objects, what each holds, and that\n' +
        'archive, index and ledger know the same. Says what is missing or changed; exit code 1 then.',
    )
    .option('--from <time>', 'from the day of this moment on')
    .option('--to <time>', 'to the day of this moment')
    .option('--firewall <id>', 'only this one, also one that is not configured any more')
    .addHelpText(
      'after',
      examples(
        ['zonebridge history verify', 'the last day'],
        ['zonebridge history verify --from 30d --json', 'a month, for an auditor'],
      ),
    )
    .action((_own: VerifyOptions, command: Command) =>
      withHub(cli, (hub) => verify(cli, hub, checked(command.optsWithGlobals()))),
    );
}

/** `history` has `--from` and `--to`, too, and takes them before its sub-command sees them; what else it takes is not for `verify`. */
function checked({ at, as, ...options }: VerifyOptions & { at?: string; as?: string }): VerifyOptions {
  const other = at === undefined ? as && '--as' : '--at';
  if (other) throw usage(`${other} is not for \`history verify\`: it takes --from, --to and --firewall`);
  return options;
}

function usage(text: string): ZonebridgeError {
  return new ZonebridgeError('command/usage', text);
}

const dayMs = 86_400_000;
const shownMax = 50;

async function verify(cli: Cli, hub: HubSession, { from, to, firewall }: VerifyOptions): Promise<void> {
  const { output } = cli;
  const { ports, archive } = hub;
  const now = ports.clock.now();
  const end = to === undefined ? now : parseWhen(to, now);
  const period = { from: from === undefined ? end - dayMs : parseWhen(from, now), to: end };
  if (period.from > period.to) throw usage('--from is later than --to, or in the future');
  const active = await hub.active();
  const subjects =
    firewall === undefined ? [...Object.keys(active.configuration.firewalls), hubSubject] : [firewall];
  const { historyDays } = auditSettings(hub.configuration.hub);
  const audit = { hub: ports.hub, tables: ports.tables, clock: ports.clock, archive };
  const results: Verification[] = [];
  for (const subject of subjects)
    results.push(await verifyArchive(audit, active, { subject, period, historyDays }));
  const findings = results.flatMap((result) => result.findings);
  output.line(`From ${utcTime(period.from)} to ${utcTime(period.to)} UTC:`);
  output.table({
    head: ['firewall', 'objects', 'records', 'findings'],
    rows: results.map(({ subject, objects, records, findings: { length } }) => [
      subject === hubSubject ? 'hub' : subject,
      objects,
      records,
      { text: String(length), tone: length === 0 ? 'good' : 'bad' },
    ]),
  });
  for (const { subject, what, text } of findings.slice(0, shownMax))
    output.line(`${output.colors.red(what)} ${subject}: ${output.safe(text)}`);
  if (findings.length > shownMax) output.line(`and ${findings.length - shownMax} more, see --json`);
  output.line(findings.length === 0 ? 'The archive is complete.' : plural(findings.length, 'finding'));
  if (findings.length > 0) cli.exitCode = exitCodes.failed;
  output.result({ ok: findings.length === 0, ...period, subjects: results });
}
