import type { FirewallStatus } from '../app/commands/status.ts';
import type { Cli } from './cli.ts';
import type { Cell } from './table.ts';
import { ago } from './time.ts';

/** Addresses in one cell; all of them are in the result of `--json`. */
const shownMax = 3;

/** Which firewalls fetched what they should have; nothing where none fetches from us. */
export function showReaders({ output }: Cli, firewalls: readonly FirewallStatus[], now: number): void {
  const rows = firewalls.flatMap(({ firewall, readers = [] }) =>
    readers.map((one) => ({ firewall, ...one })),
  );
  if (rows.length === 0) return;
  output.line('\nLists by who fetched them; what a firewall does with one it does not tell:');
  output.table({
    head: ['list', 'entry', 'reader', 'firewalls', 'have what is in force', 'stopped', 'last', 'longest ago'],
    rows: rows.map(
      ({
        firewall,
        group,
        list,
        reader,
        firewalls: all,
        current,
        silent,
        lastFetch,
        oldestFetch,
      }): Cell[] => [
        list === '' ? group : list,
        firewall,
        reader,
        all === 0 ? { text: 'never', tone: 'warn' } : all,
        { text: `${current} of ${all}`, tone: current < all ? 'warn' : 'good' },
        silent.length === 0 ? '-' : { text: someOf(silent), tone: 'bad' },
        ago(lastFetch, now),
        ago(oldestFetch, now),
      ],
    ),
  });
}

/** Addresses, and how many more there are. */
function someOf(addresses: readonly string[]): string {
  const shown = addresses.slice(0, shownMax).join(', ');
  const more = addresses.length - shownMax;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
