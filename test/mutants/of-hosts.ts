import type { Mutant } from './mutant.ts';

const hosts = 'test/app/hosts.test.ts';
const names = 'test/app/resolved-names.test.ts';

/** What the hub itself looks up in EC2: instances, and what stands behind the names of load balancers. */
export const ofHosts: readonly Mutant[] = [
  {
    name: 'resolved-for-ever',
    breaks: 'addresses behind names stay on firewalls when nobody looks behind them any more',
    file: 'lib/app/balancers/as-resolved.ts',
    edits: [['settings.resolveNames !== undefined ||', 'settings !== undefined ||']],
    killers: ['test/app/resolved-names.test.ts'],
  },
  {
    name: 'late-look-told',
    breaks: 'what was seen of EC2 before somebody else told is told after it',
    file: 'lib/app/hosts/host-state.ts',
    edits: [["    if: [{ attribute: 'revision', is: 'absent or =', value: before.revision }],\n", '']],
    killers: [hosts],
  },
  {
    name: 'event-believed',
    breaks: 'an instance that is not there any more is told as if it were',
    file: 'lib/app/hosts/host-records.ts',
    edits: [['!keeping.has(state)', "!(keeping.has(state) || state !== '')"]],
    killers: [hosts],
  },
  {
    name: 'unasked-tags-taken',
    breaks: 'instances that EC2 lists without the tags are told',
    file: 'lib/app/hosts/host-records.ts',
    edits: [['!carries(instance.tags, tags)', '!(carries(instance.tags, tags) || instance.id.length > 0)']],
    killers: [hosts],
  },
  {
    name: 'heard-without-listing',
    breaks: 'hosts count as heard although EC2 did not answer',
    file: 'lib/app/hosts/tell-hosts.ts',
    edits: [
      ['  const listing = await listed(teller);\n  if (before.epoch === 0) {', '  if (before.epoch === 0) {'],
      [
        '  await voice.heartbeat(before, listing.records.size);\n',
        '  await voice.heartbeat(before, 0);\n  const listing = await listed(teller);\n',
      ],
    ],
    killers: [hosts],
  },
  {
    name: 'private-addresses-from-outside',
    breaks: 'what the internet does not see is published as if it did',
    file: 'lib/app/balancers/resolve-names.ts',
    edits: [
      [
        'if (!fromOutside) return addresses;',
        'if (!fromOutside || publicAddresses.length === 0) return addresses;',
      ],
    ],
    killers: ['test/app/resolved-names.test.ts'],
  },
  {
    name: 'two-balancers-one-name',
    breaks: 'a name that stands for two load balancers gets the addresses of both',
    file: 'lib/app/balancers/resolve-names.ts',
    edits: [
      ['if (kinds.length > 1)', 'if (kinds.length > 2)'],
      ['if (loadBalancers.size > 1)', 'if (loadBalancers.size > 2)'],
    ],
    killers: [names],
  },
  {
    name: 'agent-resolves',
    breaks: 'an agent says itself what is behind a name',
    file: 'lib/core/model/messages.ts',
    edits: [['    upsert: endpointRecord,\n', '    upsert: storedRecord,\n']],
    killers: [names],
  },
  {
    name: 'unseen-host-is-gone',
    breaks: 'a host whose tags EC2 does not show for a moment is taken for gone',
    file: 'lib/app/hosts/tell-hosts.ts',
    edits: [['!(known && hasEnded(instance))', '!known']],
    killers: [hosts],
  },
];
