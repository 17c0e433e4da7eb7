import { expect, test } from 'vitest';
import type { Tables } from '../../lib/core/ports.ts';
import { dirty, fresh } from './tables-keys.ts';

/** What every implementation of the port does with many items at once. */
export function puts(open: () => Tables): void {
  test('many whole items are stored at once, whatever stood there, the last one of a key', async () => {
    const tables = open();
    const pk = fresh();
    await tables.write({ key: dirty(pk, '0'), put: { old: true } });
    const items = Array.from({ length: 60 }, (_, index) => ({ key: dirty(pk, `${index}`), put: { index } }));
    await tables.putAll([...items, { key: dirty(pk, '7'), put: { index: 'again' } }]);
    const read = await tables.read(items.map(({ key }) => key));
    expect(read.map((item) => item?.['index'])).toEqual(
      items.map(({ put }, index) => (index === 7 ? 'again' : put.index)),
    );
    expect(read[0]).toEqual({ index: 0 });
    await tables.putAll([]);
  });

  test('what is no item is refused before anything is stored', async () => {
    const tables = open();
    const pk = fresh();
    const broken = { key: { table: 'dirty', pk, sk: '' } as const, put: {} };
    await expect(tables.putAll([{ key: dirty(pk, 'a'), put: {} }, broken])).rejects.toThrow(TypeError);
    expect(await tables.read([dirty(pk, 'a')])).toEqual([undefined]);
  });
}
