import type { Counters } from '../../core/plan/brakes.ts';
import type { Item } from '../../core/ports.ts';
import { count } from './items.ts';

/** The brakes' counters in the row of an object. */
export function countersIn(item: Item): Counters {
  return {
    size: count(item, 'size'),
    windowStart: count(item, 'windowStart'),
    sizeAtStart: count(item, 'sizeAtStart'),
    allowance: {
      generation: count(item, 'allowGeneration'),
      add: count(item, 'allowAdd'),
      remove: count(item, 'allowRemove'),
    },
    ...(item['writesHour'] === undefined
      ? {}
      : { writes: { hour: count(item, 'writesHour'), count: count(item, 'writesCount') } }),
  };
}

/** What {@link countersIn} reads. */
export function countersItem(counters: Counters): Item {
  return {
    size: counters.size,
    windowStart: counters.windowStart,
    sizeAtStart: counters.sizeAtStart,
    allowGeneration: counters.allowance.generation,
    allowAdd: counters.allowance.add,
    allowRemove: counters.allowance.remove,
    ...(counters.writes ? { writesHour: counters.writes.hour, writesCount: counters.writes.count } : {}),
  };
}
