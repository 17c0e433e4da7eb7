import type { Imported } from '../imports/tigera/index.ts';
import type { Cli } from './cli.ts';
import { plural } from './time.ts';

/** What was made, what was not, and what a person does next. */
export function showImport(
  { output }: Cli,
  file: string,
  { firewalls, groups, notCarried, fillIn, policies }: Imported,
): void {
  output.line(
    `Wrote ${output.safe(file)}: ${plural(groups.length, 'group')} of ${policies.selected} selected among ${plural(policies.read, 'policy object')}, ${plural(firewalls.length, 'firewall')}.`,
  );
  if (groups.length > 0)
    output.table({
      head: ['group', 'object', 'addresses', 'firewalls'],
      rows: groups.map(({ group, from }) => [
        group.name,
        from.object,
        group.addresses,
        group.publish.map((target) => target.firewall).join(', '),
      ]),
    });
  for (const all of Map.groupBy(notCarried, sameOf).values()) {
    const places = all.slice(0, mostPlaces).map(({ place }) => place);
    const more = all.length > mostPlaces ? `, and ${all.length - mostPlaces} more in ${file}` : '';
    const { what = '', reason = '' } = all[0] ?? {};
    const text = `${what}, ${places.join(', ')}${more}: ${reason}`;
    output.line(`${output.colors.red('not carried over')}: ${output.safe(text)}`);
  }
  for (const { path: at, why } of fillIn) output.line(`fill in: ${output.safe(`${at}: ${why}`)}`);
  for (const { id, device } of firewalls) {
    const { name, key, namespace } = device.secret ?? {};
    const before =
      name === undefined ? '' : ` (the former one lies in Secret ${namespace}/${name}, key ${key})`;
    output.line(`next: zonebridge secret set ${id}${output.safe(before)}`);
  }
  output.line('Then `zonebridge validate`; how to move without a gap: docs/migrate-from-calico.md');
}

/** A large cluster has the same thing in many places; the file and `--json` name them all. */
const mostPlaces = 3;

function sameOf({ what, reason }: Imported['notCarried'][number]): string {
  return JSON.stringify([what, reason]);
}

/** The same for scripts. */
export function importAsJson({ firewalls, groups, notCarried, fillIn, policies }: Imported): object {
  return {
    policies,
    groups: groups.map(({ group, from }) => ({
      group: group.name,
      policy: from.policy,
      object: from.object,
      addresses: group.addresses,
      firewalls: group.publish.map((target) => target.firewall),
    })),
    firewalls: firewalls.map(({ id, device: { kind, name, address, scope, secret } }) => ({
      id,
      kind,
      name,
      address,
      scope,
      secret,
    })),
    notCarried,
    fillIn,
  };
}
