import type { LeftObject, LiveUse } from '../app/commands/leaving/left-objects.ts';
import type { Unread } from '../app/commands/live.ts';
import type { ObjectUse } from '../core/firewall.ts';
import type { Cli } from './cli.ts';
import type { Cell } from './table.ts';
import { plural } from './time.ts';

type Found = LiveUse | Unread | undefined;

/** Objects on firewalls, whose they are, and what uses them. */
export function showObjects(
  { output }: Cli,
  objects: readonly LeftObject[],
  uses: ReadonlyMap<LeftObject, Found>,
): void {
  output.table({
    head: ['firewall', 'group', 'object', 'members', 'whose', 'used by'],
    rows: objects.map((one): Cell[] => {
      const found = uses.get(one);
      return [
        one.firewall,
        one.group,
        `${one.object} (${one.channel})`,
        one.members,
        whose(one, found),
        usedBy(found),
      ];
    }),
  });
}

/** One line for each group that left the configuration and still stands on a firewall; nothing where there is none. */
export function showLeft({ output }: Cli, left: readonly LeftObject[]): void {
  if (left.length === 0) return;
  output.line('\nLeft on firewalls by groups that the configuration does not have there any more:');
  for (const { group, firewall, object, members } of left)
    output.line(`  ${output.safe(group)} on ${firewall} (${object}), ${plural(members, 'member')}`);
  output.line('`zonebridge retire` shows which rules use it, and takes it off.');
}

function whose(one: LeftObject, found: Found): Cell {
  if (!found || 'code' in found) return one.offered ? 'offered, by our record' : 'ours, by our record';
  const texts = {
    ours: 'ours',
    offered: 'offered to us',
    adoptable: 'a former tool keeps it',
    foreign: 'not ours any more',
    absent: 'gone',
    'hand-renamed': 'renamed by hand',
  } as const;
  const tone = found.ownership === 'foreign' || found.ownership === 'hand-renamed' ? 'bad' : 'good';
  return { text: texts[found.ownership], tone };
}

function usedBy(found: Found): Cell {
  if (!found) return undefined;
  if ('code' in found) return { text: `not asked: ${found.code}`, tone: 'warn' };
  const { use } = found;
  if (use.count === undefined) return { text: 'this firewall does not tell', tone: 'warn' };
  if (use.count === 0) return { text: 'nothing', tone: 'good' };
  return { text: usersText(use), tone: 'warn' };
}

const usersShown = 10;

/** The users that are known by name, and how many there are in all. */
export function usersText({ count, users }: ObjectUse): string {
  const named = users.slice(0, usersShown).map(({ where, key, field }) => {
    return `${where} ${key}${field === undefined || field === '' ? '' : ` (${field})`}`;
  });
  const more = (count ?? users.length) - named.length;
  const others = more > 0 ? [plural(more, named.length === 0 ? 'reference' : 'more reference')] : [];
  return [...named, ...others].join(', ');
}
