/** Who or what lets a held change go on. */
interface HoldRule {
  /** What to do, for people; `<firewall>` stands for its id. */
  remedy: string;
  /** `approve` releases it; it counts as waiting for a person. */
  approvable: boolean;
  /** May have mended itself: each comparison looks at it again. */
  looksAgain: boolean;
  /** A new configuration generation decides it anew. */
  decidedByApply: boolean;
}

function rule(remedy: string, flags: Partial<Omit<HoldRule, 'remedy'>> = {}): HoldRule {
  return { remedy, approvable: false, looksAgain: false, decidedByApply: false, ...flags };
}

const approve =
  '`zonebridge approve <firewall>` shows and releases it, or `zonebridge reject <firewall>` refuses it.';

/** Every reason for which the plan holds a change: one word, what to do about it, and what releases it. The only such table. */
const holdReasons = {
  observe: rule('The mode of the group here is observe: nothing is written.', { decidedByApply: true }),
  'add-only': rule('The mode of the group here is add-only: set it to sync to let members go.', {
    decidedByApply: true,
  }),
  'foreign-object': rule(
    'An object of this name exists that is not ours: rename the group, or set create: offered and have the object offered.',
    { looksAgain: true, decidedByApply: true },
  ),
  'taken-back-object': rule(
    'The object was ours, and carries the comment of the former tool again: stop that tool. To adopt the object once more, apply without `adopt` in the target, then with it.',
    { looksAgain: true, decidedByApply: true },
  ),
  'missing-object': rule('The object that should be offered is not there: have it made and offered.', {
    looksAgain: true,
    decidedByApply: true,
  }),
  'renamed-object': rule(
    'The members lie under another name or channel of the group: go back to it, or retire the old one.',
    { looksAgain: true, decidedByApply: true },
  ),
  'hand-renamed-object': rule(
    'The object was renamed on the firewall, and rules may use it under its new name, which `zonebridge status` shows: give it its former name back. To have a new one made instead, take the mark (`zonebridge:mark:...`) out of its comment.',
    { looksAgain: true, decidedByApply: true },
  ),
  canary: rule(
    'Another firewall tries this generation first: `zonebridge canary promote` lets all have it, `zonebridge canary abort` takes it back.',
    { looksAgain: true, decidedByApply: true },
  ),
  'others-behind': rule(
    'Another firewall of the group has not yet what was added: it goes on by itself when that one has, or when the endpoint is gone.',
    { looksAgain: true, decidedByApply: true },
  ),
  frozen: rule(
    'A change freeze, or the maintenance windows of the firewall, hold it for a while; then it goes on by itself. `zonebridge approve <firewall>` releases it before.',
    { approvable: true },
  ),
  rejected: rule(
    'A person rejected it: it stays until it is wanted differently, or until `zonebridge approve <firewall> --rejected`.',
    { approvable: true },
  ),
  shrink: rule(`The group would lose more than its brake allows: ${approve}`, { approvable: true }),
  empties: rule(
    `It would empty the group, and nobody saw the endpoint go: it goes when the group has another member, or by hand: ${approve}`,
    { approvable: true, looksAgain: true },
  ),
  growth: rule(`The group would grow by a new namespace more than its brake allows: ${approve}`, {
    approvable: true,
  }),
  'max-members': rule('The group has as many members as maxMembers allows: raise it, or select fewer.', {
    looksAgain: true,
    decidedByApply: true,
  }),
  unverified: rule(
    'That part of the cluster, or the group on a device that counts other members, was not compared yet, which happens by itself; `zonebridge approve <firewall>` releases it before.',
    { approvable: true, looksAgain: true },
  ),
  'configuration-shrink': rule(`The configuration removes more than its brake allows: ${approve}`, {
    approvable: true,
    decidedByApply: true,
  }),
  'configuration-growth': rule(`The configuration adds more than its brake allows: ${approve}`, {
    approvable: true,
    decidedByApply: true,
  }),
  'firewall-shrink': rule(`The firewall would lose too much of all we keep on it: ${approve}`, {
    approvable: true,
  }),
  'write-ceiling': rule(
    'As many configuration changes as accepted were made this hour: it waits for the next.',
    {
      looksAgain: true,
    },
  ),
} as const satisfies Record<string, HoldRule>;

export type HeldReason = keyof typeof holdReasons;

/** The rule of a reason; one that is not known (a row of another version) waits for a person. */
export function holdRule(reason: HeldReason): HoldRule {
  return holdReasons[reason] ?? rule(approve, { approvable: true });
}
