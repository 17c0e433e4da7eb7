import { endsSoon, type FirewallStatus } from '../app/commands/status.ts';
import { daysLeft } from '../core/model/certificate.ts';
import { duration, moment, plural } from './time.ts';

/** What is wrong with a firewall, or keeps changes from it, a line each. */
export function troubleLines(state: FirewallStatus, now: number): string[] {
  const lines = [
    failureLine(state, now),
    budgetLine(state, now),
    closedLine(state),
    certificateLine(state, now),
  ];
  return lines.flatMap((line) => (line === undefined ? [] : [`${state.firewall}: ${line}`]));
}

function failureLine({ lastError, failures, nextAttempt }: FirewallStatus, now: number): string | undefined {
  if (lastError === undefined) return undefined;
  const again = nextAttempt === undefined ? '' : `; asked again in ${duration(nextAttempt - now)}`;
  return `${plural(failures, 'attempt')} failed, ${lastError}${again}`;
}

function budgetLine(state: FirewallStatus, now: number): string | undefined {
  const { budgetSince, callsPerMinute, catchUpMinutes } = state;
  if (budgetSince === undefined) return undefined;
  const estimate = catchUpMinutes === undefined ? '' : `, in step in about ${catchUpMinutes} min`;
  return `${callsPerMinute} calls a minute have not sufficed for ${duration(now - budgetSince)}${estimate}`;
}

function closedLine({ closed }: FirewallStatus): string | undefined {
  if (!closed) return undefined;
  const but = closed.strict ? '' : '; removals of dead addresses go on';
  return `closed for changes until ${moment(closed.until)} (${closed.reason ?? 'a change freeze'})${but}`;
}

function certificateLine({ certificate }: FirewallStatus, now: number): string | undefined {
  if (!certificate || !endsSoon(certificate, now)) return undefined;
  const days = daysLeft(certificate.validTo, now);
  const when = days < 0 ? 'has ended' : `ends in ${plural(days, 'day')}`;
  return `its certificate (${certificate.subject}) ${when}; with an ended one nothing is written`;
}
