import type { Mutant } from './mutant.ts';

const ownership = 'lib/core/plan/ownership.ts';
const ownershipTest = 'lib/core/plan/ownership.test.ts';
const adopt = 'test/app/adopt.test.ts';
const contract = 'test/contract/firewalls.test.ts';

/** How objects of a former tool change hands, and whose a name is. */
export const ofAdoption: readonly Mutant[] = [
  {
    name: 'adopted-by-part',
    breaks: 'an object is adopted whose comment a person edited',
    file: ownership,
    edits: [['comment === listed &&', 'comment.includes(listed) &&']],
    killers: [ownershipTest, adopt],
  },
  {
    name: 'adopted-with-mark',
    breaks: "an object with another hub's mark is adopted when it is listed",
    file: ownership,
    edits: [['comment === listed && !speaksOfUs(comment)', 'comment === listed']],
    killers: [ownershipTest],
  },
  {
    name: 'adopted-unlisted',
    breaks: 'an object without a comment is adopted where nothing is listed',
    file: ownership,
    edits: [["listed !== undefined && listed !== '' && comment === listed", "comment === (listed ?? '')"]],
    killers: [ownershipTest, adopt],
  },
  {
    name: 'adopted-twice',
    breaks: 'an object that the former tool took back is adopted again and again',
    file: 'lib/core/plan/plan.ts',
    edits: [["ownership === 'adoptable' && wasOurs", "ownership === 'adoptable' && wasOurs === undefined"]],
    killers: ['lib/core/plan/plan.test.ts', adopt],
  },
  {
    name: 'adoption-not-remembered',
    breaks: 'nobody knows later that an object was adopted',
    file: 'lib/app/sync/object-news.ts',
    edits: [['adopted: work.object.name', "adopted: ''"]],
    killers: [adopt],
  },
  {
    name: 'adoption-without-brake',
    breaks: 'rules match any number of new addresses by an adoption, and nobody is asked',
    file: 'lib/app/commands/plan-group.ts',
    edits: [['isFirstFill(row, live) && !adopts', 'isFirstFill(row, live)']],
    killers: [adopt],
  },
  {
    name: 'adoption-unread',
    breaks: 'the device is told to adopt without a look at the comment that stands there now',
    file: 'lib/firewalls/fortigate/channels/groups.ts',
    edits: [
      ['object.adopt === undefined || now !== object.adopt', 'object.adopt === undefined && now === comment'],
    ],
    killers: [contract],
  },
  {
    name: 'adoption-unread-by-manager',
    breaks: 'a manager adopts an object whatever its comment is',
    file: 'lib/firewalls/fortimanager/channels/object-adoption.ts',
    edits: [['four?.comment !== adopt', 'four === undefined']],
    killers: [contract],
  },
  {
    name: 'adoption-takes-out',
    breaks: 'members of the former tool may be taken out before ours are in',
    file: 'lib/app/configuration/checks/targets.ts',
    edits: [["if (onForeignAdd === 'remove')", "if (onForeignAdd === 'remove' && create === 'offered')"]],
    killers: ['lib/app/configuration/adoptions.test.ts'],
  },
  {
    name: 'strangers-in-one-place',
    breaks: 'entries of a manager with and without a device may put address objects into the same place',
    file: 'lib/firewalls/fortimanager/description.ts',
    edits: [['{ place: adom, mark: anyEntry }', '{ place: `${adom}/${device.name}`, mark: anyEntry }']],
    killers: ['lib/app/configuration/address-objects.test.ts'],
  },
  {
    name: 'panorama-takes-over-names',
    breaks: "a person's address object with the name that ours would have becomes ours",
    file: 'lib/firewalls/panorama/channels/namesakes.ts',
    edits: [['&& !marks.isOurs(name, comment)', '&& marks.isOurs(name, comment) === undefined']],
    killers: ['test/contract/firewalls.test.ts'],
  },
  {
    name: 'panorama-group-takes-names-along',
    breaks: "a person's address object with the name of ours goes with our group",
    file: 'lib/firewalls/panorama/channels/objects.ts',
    edits: [['named.filter((one) => !others.has(one))', 'named.filter((one) => !others.has(`${one} `))']],
    killers: ['lib/firewalls/panorama/channels/objects.test.ts'],
  },
  {
    name: 'panorama-deletes-by-name',
    breaks: "a person's address object with the name that ours would have goes when ours should",
    file: 'lib/firewalls/panorama/channels/objects.ts',
    edits: [['return isForeignText(text) || others.has(name) ?', 'return isForeignText(text) ?']],
    killers: ['lib/firewalls/panorama/channels/objects.test.ts'],
  },
  {
    name: 'withdrawn-forgotten',
    breaks: 'what we put into an object that somebody took from us is a stranger in it when it is ours again',
    file: 'lib/app/sync/record.ts',
    edits: [["unread ? 'unknown' : 'absent'", "unread ? 'absent' : 'absent'"]],
    killers: ['test/app/withdrawn-offer.test.ts'],
  },
  {
    name: 'withdrawn-counts-as-emptied',
    breaks: 'an object that is not offered any more counts as one that holds nothing of ours',
    file: 'lib/app/sync/pass.ts',
    edits: [["|| ownership === 'foreign';", '|| ownership === undefined;']],
    killers: ['test/app/withdrawn-offer.test.ts'],
  },
  {
    name: 'taken-back-counts-as-emptied',
    breaks: 'an object that a former tool took back counts as one that holds nothing of ours',
    file: 'lib/app/sync/pass.ts',
    edits: [
      ["ownership === 'adoptable') return wasOurs(", "ownership === 'adoptable') return false && wasOurs("],
    ],
    killers: ['test/app/adopt.test.ts'],
  },
  {
    name: 'moved-looked-at-each-minute',
    breaks: 'what another pod has by now, in an object that is not ours, is looked at each minute',
    file: 'lib/app/sweep/sweep-held.ts',
    edits: [[' && row.why?.moved !== true', '']],
    killers: ['test/app/withdrawn-offer.test.ts'],
  },
];
