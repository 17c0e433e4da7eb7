import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  carries,
  mark,
  type ObjectIdentity,
  offer,
  ownComment,
  ownershipOf,
  renamedTo,
} from './ownership.ts';

const identity: ObjectIdentity = { hub: 'main', firewall: 'edge', scope: 'root', object: 'zb-web' };
/** Text with everything that could be taken for a separator. */
const part = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('|', '"', ',', '[', ']', '\\', ' ', ':', 'a') }),
);
const identities = fc.record({ hub: part, firewall: part, scope: part, object: part });

function seen(comment: string, exists = true): { exists: boolean; comment: string } {
  return { exists, comment };
}

describe('mark', () => {
  test('is one word of 48 characters, and the whole comment stays below 120', () => {
    expect(mark(identity)).toMatch(/^zonebridge:mark:[0-9a-f]{32}$/);
    fc.assert(
      fc.property(identities, (any) => {
        expect(mark(any)).toMatch(/^\S{48}$/);
        expect(ownComment(any).length).toBeLessThanOrEqual(120);
        expect(carries(ownComment(any), mark(any))).toBe(true);
      }),
    );
  });

  test.each(['hub', 'firewall', 'scope', 'object'] as const)('is another one for another %s', (field) => {
    fc.assert(
      fc.property(identities, part, (any, other) => {
        fc.pre(any[field] !== other);
        expect(mark({ ...any, [field]: other })).not.toBe(mark(any));
      }),
    );
  });

  test('is injective: no separator lets two identities share one', () => {
    fc.assert(
      fc.property(identities, identities, (a, b) => {
        const same =
          a.hub === b.hub && a.firewall === b.firewall && a.scope === b.scope && a.object === b.object;
        expect(mark(a) === mark(b)).toBe(same);
      }),
    );
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        fc.pre(b !== '');
        const shifted = { ...identity, hub: a, firewall: b + c };
        expect(mark({ ...identity, hub: a + b, firewall: c })).not.toBe(mark(shifted));
      }),
    );
  });
});

describe('carries', () => {
  test.each([
    ['alone', 'w', true],
    ['between words', 'ticket 7 w by hand', true],
    ['between commas and semicolons', 'a,w;b', true],
    ['after a line break', 'a\nw', true],
    ['as a part of a longer word', 'wx', false],
    ['with other case', 'W', false],
    ['in quotes', '"w"', false],
    ['nowhere', '', false],
  ])('finds the word %s: %j', (_, comment, expected) => {
    expect(carries(comment, 'w')).toBe(expected);
  });
});

describe('ownershipOf an object that we make', () => {
  const own = { create: 'own', group: 'web', identity } as const;

  test.each([
    ['is ours with our mark', seen(ownComment(identity)), 'ours'],
    ['is ours with our mark and words of a person', seen(`ticket 7; ${mark(identity)} keep`), 'ours'],
    ['is absent', seen('', false), 'absent'],
    ['is absent whatever its comment was', seen(ownComment(identity), false), 'absent'],
    ['is foreign without a comment', seen(''), 'foreign'],
    ['is foreign with an offer only', seen(offer('web')), 'foreign'],
    ['is foreign with half a mark', seen(mark(identity).slice(0, 40)), 'foreign'],
    ['is foreign with a mark in capitals', seen(mark(identity).toUpperCase()), 'foreign'],
    ['is foreign as a clone', seen(ownComment({ ...identity, object: 'zb-web-copy' })), 'foreign'],
  ])('%s', (_, observed, expected) => {
    expect(ownershipOf(observed, own)).toBe(expected);
  });

  test('is foreign after it was cloned, renamed, or copied from another hub, firewall or scope', () => {
    fc.assert(
      fc.property(identities, identities, (maker, reader) => {
        fc.pre(JSON.stringify(Object.values(maker)) !== JSON.stringify(Object.values(reader)));
        const verdict = ownershipOf(seen(ownComment(maker)), { ...own, identity: reader });
        expect(verdict).toBe('foreign');
      }),
    );
  });
});

describe('ownershipOf an object that a former tool keeps', () => {
  const listed = 'Kept by the former controller';
  const adopting = { create: 'own', group: 'web', identity, adopt: listed } as const;
  const near = fc.oneof(
    fc.string().map((more) => `${listed}${more}`),
    fc.string().map((more) => `${more}${listed}`),
    fc.nat({ max: listed.length - 1 }).map((at) => listed.slice(0, at)),
    fc.constantFrom(listed.toUpperCase(), listed.toLowerCase(), `${listed} `, ` ${listed}`, `${listed}\n`),
    part,
  );

  test('is adoptable when its whole comment is the listed one, and only then', () => {
    expect(ownershipOf(seen(listed), adopting)).toBe('adoptable');
    fc.assert(
      fc.property(near, (comment) => {
        fc.pre(comment !== listed);
        expect(ownershipOf(seen(comment), adopting)).toBe('foreign');
      }),
    );
  });

  test('is foreign where nothing is listed, absent where it is not there, ours once it carries our mark', () => {
    expect(ownershipOf(seen(listed), { ...adopting, adopt: undefined })).toBe('foreign');
    expect(ownershipOf(seen(''), { ...adopting, adopt: '' })).toBe('foreign');
    expect(ownershipOf(seen(listed, false), adopting)).toBe('absent');
    expect(ownershipOf(seen(ownComment(identity)), adopting)).toBe('ours');
  });

  test('is never adopted as an offered object', () => {
    expect(ownershipOf(seen(listed), { ...adopting, create: 'offered' })).toBe('foreign');
  });

  test('no mark or offer of anybody is adopted, whatever is listed', () => {
    fc.assert(
      fc.property(identities, part, (any, group) => {
        for (const comment of [mark(any), ownComment(any), offer(group), `x ${offer(group)}`]) {
          const verdict = ownershipOf(seen(comment), { ...adopting, adopt: comment });
          expect(verdict).toBe(carries(comment, mark(identity)) ? 'ours' : 'foreign');
        }
      }),
    );
  });
});

describe('renamedTo', () => {
  const comment = ownComment(identity);
  test.each([
    ['nothing', [], undefined],
    [
      'the one with our mark',
      [
        { name: 'b', comment },
        { name: 'c', comment: 'by hand' },
      ],
      'b',
    ],
    [
      'the first by name of several',
      [
        { name: 'c', comment },
        { name: 'b', comment },
      ],
      'b',
    ],
    ['nothing in the object itself', [{ name: identity.object, comment }], undefined],
    [
      'nothing with the mark of another',
      [{ name: 'b', comment: ownComment({ ...identity, hub: 'x' }) }],
      undefined,
    ],
  ])('finds %s', (_, listed, expected) => {
    expect(renamedTo(listed, identity)).toBe(expected);
  });
});

describe('ownershipOf an object that the security team makes', () => {
  const offered = { create: 'offered', group: 'web', identity } as const;

  test.each([
    ['is offered with the word', seen('zonebridge:offer:web'), 'offered'],
    ['is offered with the word among others', seen('ticket 7, zonebridge:offer:web'), 'offered'],
    ['is foreign when offered for another group', seen('zonebridge:offer:web2'), 'foreign'],
    ['is foreign with our mark only', seen(ownComment(identity)), 'foreign'],
    ['is foreign without a word', seen('web servers'), 'foreign'],
    ['is absent', seen('zonebridge:offer:web', false), 'absent'],
  ])('%s', (_, observed, expected) => {
    expect(ownershipOf(observed, offered)).toBe(expected);
  });
});
