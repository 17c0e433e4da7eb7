import type { Mutant } from './mutant.ts';

/** Calls that several entries of one device share. */
export const ofBudgets: readonly Mutant[] = [
  {
    name: 'device-called-twice-as-often',
    breaks: 'each entry of a device takes all the calls that the device takes',
    file: 'lib/core/model/call-budget.ts',
    edits: [['free - this.#siblings.claim(now, equalPart)', 'free']],
    killers: ['lib/core/model/call-budget.test.ts', 'test/app/call-budget.test.ts'],
  },
  {
    name: 'small-entry-starves',
    breaks: 'an entry with little to do waits until another of the device has none',
    file: 'lib/core/model/call-budget.ts',
    edits: [['Math.max(left, Math.min(free, equalPart))', 'left']],
    killers: ['lib/core/model/call-budget.test.ts'],
  },
  {
    name: 'waiting-sibling-forgotten',
    breaks: 'an entry takes again what another has been waiting for',
    file: 'lib/app/sync/firewalls-in-run.ts',
    edits: [['record.trouble.budgetSince === undefined ? 0 : equalPart', '0']],
    killers: ['test/app/call-budget.test.ts'],
  },
  {
    name: 'check-shares-with-nobody',
    breaks: 'a check keeps to itself that other entries use up the calls of the same device',
    file: 'lib/app/commands/check-place.ts',
    edits: [['id !== firewall && writerKeyOf', "id === '' && writerKeyOf"]],
    killers: ['test/contract/check.test.ts'],
  },
  {
    name: 'managed-firewalls-all-at-once',
    breaks: 'as many calls are made at a time to a Panorama as firewalls are behind it',
    file: 'lib/firewalls/panorama/schema.ts',
    edits: [['% writersMax', '% (writersMax * 1000)']],
    killers: ['lib/firewalls/panorama/writers.test.ts'],
  },
  {
    name: 'shared-writer-is-one-device',
    breaks: 'two firewalls that share a writer are taken for one, and their names clash',
    file: 'lib/app/configuration/checks/device.ts',
    edits: [['module.device?.(settings) ?? ', '']],
    killers: ['lib/app/configuration/address-objects.test.ts'],
  },
];
