import fc from 'fast-check';
import { expect, test } from 'vitest';
import { delegation, request, spec } from '../../../test/support/team-world.ts';
import { compileGroup } from '../model/group-selection.ts';
import { admit } from './admit.ts';

const judge = (requests: ReturnType<typeof request>[], taken: string[] = []) =>
  admit({
    delegations: [delegation],
    taken: new Set(taken),
    requests: new Map([['one', requests]]),
    active: [],
  });

test.each<[string, object, string]>([
  ['a namespace without the label', { namespaceLabels: {} }, 'NamespaceNotAllowed'],
  ['a firewall of somebody else', { spec: { ...spec, firewalls: ['edge', 'core'] } }, 'FirewallNotAllowed'],
  ['a use that was not given', { spec: { ...spec, usedIn: 'deny' } }, 'UseNotAllowed'],
  ['more members', { spec: { ...spec, maxMembers: 51 } }, 'TooManyMembers'],
  ['a field that is not known', { spec: { ...spec, anyNamespace: true } }, 'InvalidSpec'],
  ['no spec', { spec: undefined }, 'InvalidSpec'],
  [
    'a selector with an operator that is none',
    { spec: { ...spec, selector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } } },
    'InvalidSpec',
  ],
  ['a name that becomes too long', { name: 'x'.repeat(60) }, 'NameNotPossible'],
])('%s is refused', (_, more, reason) => {
  expect(judge([request('web', more)])[0]).toMatchObject({ reason, group: undefined });
});

test('the name of a group of the platform is not taken over', () => {
  expect(judge([request('web')], ['team.one.shop.web'])[0]).toMatchObject({ reason: 'NameNotPossible' });
});

test('the oldest count, in whatever order they are told', () => {
  const all = [1, 2, 3, 4].map((created) => request(`g${created}`, { created }));
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 4 }), (told) => {
      const accepted = judge(told).flatMap(({ group }) => group?.resource?.name ?? []);
      expect(accepted).toEqual(['g1', 'g2']);
    }),
  );
});

test('whatever a resource says, its group takes pods of its own namespace and cluster alone', () => {
  const labels = fc.dictionary(
    fc.constantFrom('app', 'kubernetes.io/metadata.name', 'team'),
    fc.constantFrom('a', 'other', ''),
  );
  const selectors = fc.record({ matchLabels: labels }, { requiredKeys: [] });
  const namespaces = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
  let accepted = 0;
  fc.assert(
    fc.property(selectors, namespaces, (selector, namespace) => {
      const [verdict] = judge([request('web', { spec: { ...spec, selector }, namespace })]);
      accepted += verdict?.group === undefined ? 0 : 1;
      const compiled = compileGroup(verdict!.group!);
      const matches = (cluster: string, name: string) =>
        (compiled.clusters?.has(cluster) ?? true) &&
        compiled.namespaces!.matches({ 'kubernetes.io/metadata.name': name });
      expect([matches('one', namespace), matches('two', namespace), matches('one', `${namespace}x`)]).toEqual(
        [true, false, false],
      );
    }),
  );
  expect(accepted).toBeGreaterThan(0);
});
