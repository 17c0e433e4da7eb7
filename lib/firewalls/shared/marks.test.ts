import { expect, test } from 'vitest';
import { ownComment } from '../../core/plan/ownership.ts';
import { marks } from './marks.ts';

const commentFor = (object: string): string =>
  ownComment({ hub: 'prod', firewall: 'edge', scope: 'root', object });
const known = marks(commentFor);
const own = { group: 'web', name: 'zb-prod.web', channel: 'objects', create: 'own' } as const;

test('a helper object is ours by its whole mark alone', () => {
  const comment = commentFor('a');
  const [mark = ''] = comment.split(' ');
  expect(known.isOurs('a', comment)).toBe(true);
  expect(known.isOurs('a', `checked by mia, ${mark}; since May`)).toBe(true);
  for (const other of ['', mark.slice(0, 20), `${mark}0`, `x${mark}`, commentFor('b')])
    expect(known.isOurs('a', other), other).toBe(false);
});

test('a group is for us by our mark, or by the offer when it is offered', () => {
  const offered = { ...own, create: 'offered' } as const;
  expect(known.isFor(own, commentFor(own.name))).toBe(true);
  expect(known.isFor(own, 'zonebridge:offer:web')).toBe(false);
  expect(known.isFor(offered, 'ours, zonebridge:offer:web')).toBe(true);
  for (const comment of ['zonebridge:offer:web2', 'zonebridge:offer:we', commentFor(own.name)])
    expect(known.isFor(offered, comment), comment).toBe(false);
});
