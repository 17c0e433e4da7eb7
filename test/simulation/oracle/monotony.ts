import type { Item, Key } from '../../../lib/core/ports.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** Numbers that only ever rise: item -> attributes. */
function risingIn(key: Key): readonly string[] {
  if (key.table === 'endpoints') return ['generation', 'revision'];
  if (key.table === 'ledger') return ['fence'];
  if (key.table !== 'control') return [];
  if (key.pk.startsWith('cluster|')) return ['epoch'];
  if (key.pk.startsWith('writer|')) return ['fence'];
  return key.pk === 'configuration|active' ? ['generation'] : [];
}

/** Epochs, fences, generations and versions of stored items never go back. */
export function watchMonotony(
  kernel: Kernel,
): (key: Key, before: Item | undefined, after: Item | undefined) => void {
  return (key, before, after) => {
    if (!before || !after) return;
    for (const name of risingIn(key)) {
      const [old, fresh] = [before[name], after[name]];
      if (typeof old !== 'number' || (typeof fresh === 'number' && fresh >= old)) continue;
      kernel.violate(
        'never goes back',
        `${key.table} ${key.pk} ${key.sk ?? ''}: ${name} ${old} became ${JSON.stringify(fresh)}`,
      );
    }
    if (key.table === 'endpoints' && isOlder(after, before))
      kernel.violate(
        'never goes back',
        `endpoint ${key.sk}: version ${versionOf(before).join('.')} became ${versionOf(after).join('.')}`,
      );
  };
}

function isOlder(a: Item, b: Item): boolean {
  const [[epoch, sequence], [otherEpoch, otherSequence]] = [versionOf(a), versionOf(b)];
  return epoch < otherEpoch || (epoch === otherEpoch && sequence < otherSequence);
}

function versionOf(item: Item): [number, number] {
  return [Number(item['epoch'] ?? 0), Number(item['sequence'] ?? 0)];
}
