import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { firewallModules } from '../../lib/firewalls/registry.ts';
import { rigs, variants } from '../support/firewalls/rigs.ts';
import { adoptionSuite } from './firewall/adoption.ts';
import { interferenceSuite } from './firewall/interference.ts';
import { membersSuite } from './firewall/members.ts';
import { namesakesSuite } from './firewall/namesakes.ts';
import { objectsSuite } from './firewall/objects.ts';
import { othersSuite } from './firewall/others.ts';
import { Place } from './firewall/place.ts';
import { sizesSuite } from './firewall/sizes.ts';
import { troublesSuite } from './firewall/troubles.ts';

test('every vendor of the registry is under contract', () => {
  expect(Object.keys(firewallModules).sort()).toEqual(Object.keys(rigs).sort());
  expect(Object.keys(rigs).length).toBeGreaterThan(0);
});

/** The promises that every channel of every vendor keeps; where it declares that it cannot keep one, the refusal is checked. */
function contract(kind: string, channel: string): void {
  const place = new Place(kind, channel);
  beforeAll(async () => await place.start());
  afterAll(async () => await place.stop());
  beforeEach(async () => await place.next());
  afterEach(async () => await place.calm());

  objectsSuite(place);
  membersSuite(place);
  othersSuite(place);
  namesakesSuite(place);
  adoptionSuite(place);
  troublesSuite(place);
  interferenceSuite(place);
  sizesSuite(place);
}

for (const module of Object.values(firewallModules)) {
  for (const channel of Object.keys(module.facts.channels))
    describe(`${module.kind}, channel ${channel}`, () => contract(module.kind, channel));
}

for (const [name, { channels }] of Object.entries(variants)) {
  for (const channel of channels) describe(`${name}, channel ${channel}`, () => contract(name, channel));
}
