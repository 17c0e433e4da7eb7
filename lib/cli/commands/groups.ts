import { Command } from 'commander';
import { type GroupView, listGroups, type Member } from '../../app/commands/groups.ts';
import { leftObjects } from '../../app/commands/leaving/left-objects.ts';
import { type Cli, examples } from '../cli.ts';
import { withActiveHub } from '../hub.ts';
import { publications } from '../../app/commands/publication.ts';
import { requireKnown } from '../known.ts';
import { publicationText } from '../publication-text.ts';
import { showLeft } from '../show-left.ts';
import { ago, plural } from '../time.ts';

export function groupsCommand(cli: Cli): Command {
  return new Command('groups')
    .summary('members per group and firewall')
    .description(
      'Lists the members of each group on each firewall, with the endpoint behind each and its age.',
    )
    .argument('[group]', 'only this one')
    .option('--firewall <id>', 'only on this firewall')
    .addHelpText(
      'after',
      examples(
        ['zonebridge groups', 'everything'],
        ['zonebridge groups storefront --firewall edge-1', 'one group on one firewall'],
      ),
    )
    .action((group: string | undefined, { firewall }: { firewall?: string }) =>
      withActiveHub(cli, async (hub) => {
        await requireKnown(hub, { group, firewall });
        const active = await hub.active();
        const views = await listGroups(hub.ports, active, { group, firewall });
        const published = await publications(hub.ports, active, views);
        const now = hub.ports.clock.now();
        for (const view of views) show(cli, view, now);
        for (const one of published)
          cli.output.line(cli.output.safe(`${one.group}: on ${publicationText(one, now)}`));
        const left = await leftObjects(hub.ports, active);
        showLeft(cli, left);
        cli.output.result({ ok: true, groups: views, publications: published, left });
      }),
    );
}

function show({ output }: Cli, view: GroupView, now: number): void {
  const object = view.object === '' ? 'not made yet' : view.object;
  output.line(
    `${output.colors.bold(view.group)} on ${view.firewall} (${object}), ${plural(view.size, 'member')}`,
  );
  if (view.members.length > 0) {
    output.table({
      head: ['address', 'endpoint', 'state', 'since'],
      rows: view.members.map((member) => [
        member.address,
        member.endpoint ?? 'gone',
        { text: stateText(member), tone: toneOf(member) },
        ago(member.since, now),
      ]),
    });
  }
  output.line();
}

function stateText({ state, reason }: Member): string {
  return reason === undefined ? state : `${state} (${reason})`;
}

function toneOf({ state }: Member): 'good' | 'bad' | 'warn' {
  if (state === 'present') return 'good';
  return state === 'failed' ? 'bad' : 'warn';
}
