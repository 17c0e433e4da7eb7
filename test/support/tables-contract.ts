import { describe, expect, test } from 'vitest';
import type { Key, Tables, Write } from '../../lib/core/ports.ts';
import { isZonebridgeError, type ZonebridgeError } from '../../lib/core/errors.ts';
import { control, dirty, fresh } from './tables-keys.ts';
import { puts } from './tables-puts.ts';

async function failure(work: Promise<unknown>): Promise<ZonebridgeError> {
  try {
    await work;
  } catch (error) {
    if (isZonebridgeError(error)) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

/** What every implementation of the port must do; `open` gives the same tables to all tests. */
export function tablesContract(name: string, open: () => Tables): void {
  describe(`${name}: single items`, () => singleItems(open));
  describe(`${name}: conditions`, () => conditions(open));
  describe(`${name}: puts`, () => puts(open));
  describe(`${name}: transactions`, () => transactions(open));
  describe(`${name}: queries`, () => queries(open));
  describe(`${name}: mistakes of the caller`, () => mistakes(open));
}

function singleItems(open: () => Tables): void {
  test('put replaces the whole item and returns the one before', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    const first = {
      text: 'ä"\\\u0000',
      list: ['x', 1, null, { deep: [true] }],
      empty: '',
      none: null,
      real: -1.5,
    };
    expect(await tables.write({ key, put: first })).toBeUndefined();
    expect(await tables.write({ key, put: { other: 1 } })).toEqual(first);
    expect(await tables.read([key])).toEqual([{ other: 1 }]);
    expect(await tables.write({ key, delete: true })).toEqual({ other: 1 });
    expect(await tables.write({ key, delete: true })).toBeUndefined();
    expect(await tables.read([key])).toEqual([undefined]);
  });

  test('reads many keys of several tables in their order, also the same key twice', async () => {
    const tables = open();
    const pk = fresh();
    const keys = Array.from({ length: 230 }, (_, place) => dirty(pk, `k${place}`));
    for (let from = 0; from < keys.length; from += 100) {
      await tables.transact(
        keys.slice(from, from + 100).map((key) => ({ key, put: { name: key.sk ?? '' } })),
      );
    }
    await tables.write({ key: control(pk), put: { name: 'control' } });
    const asked = [...keys, control(pk), dirty(pk, 'absent'), ...keys.slice(0, 2)];
    const names = (await tables.read(asked)).map((item) => item?.['name']);
    expect(names).toEqual([...keys.map((key) => key.sk), 'control', undefined, 'k0', 'k1']);
    expect(await tables.read([])).toEqual([]);
  });

  test('update sets, adds, collects and removes, and creates what is missing', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    await tables.write({
      key,
      update: {
        set: { cause: 'pod', map: { a: 1 } },
        add: { count: 2 },
        addToSet: { tags: ['b', 'a', 'b'] },
      },
    });
    expect(await tables.read([key])).toEqual([{ cause: 'pod', map: { a: 1 }, count: 2, tags: ['a', 'b'] }]);
    const before = await tables.write({
      key,
      update: { add: { count: -5 }, addToSet: { tags: ['c', 'a'] }, remove: ['map', 'absent'] },
    });
    expect(before).toEqual({ cause: 'pod', map: { a: 1 }, count: 2, tags: ['a', 'b'] });
    expect(await tables.read([key])).toEqual([{ cause: 'pod', count: -3, tags: ['a', 'b', 'c'] }]);
    await tables.write({ key, update: { remove: ['tags', 'count', 'cause'] } });
    expect(await tables.read([key])).toEqual([{}]);
  });

  test('attributes may have reserved and odd names', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    const item = { name: 'x', 'with.dot': 1, 'with space': 2, size: 3, status: 'ok', '#x': 4, ':v': 5 };
    await tables.write({ key, update: { set: item }, if: [{ attribute: 'with.dot', is: 'absent' }] });
    expect(await tables.read([key])).toEqual([item]);
  });

  test('an update without changes makes an empty item; an empty set is no attribute', async () => {
    const tables = open();
    const [single, many] = [dirty(fresh(), 'a'), dirty(fresh(), 'a')];
    await tables.write({ key: single, update: { addToSet: { tags: [] } } });
    await tables.transact([{ key: many, update: {} }]);
    expect(await tables.read([single, many])).toEqual([{}, {}]);
  });

  test('an attribute is set once only where it is missing', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    for (const once of [1, 2]) await tables.write({ key, update: { setIfAbsent: { once } } });
    expect(await tables.read([key])).toEqual([{ once: 1 }]);
  });

  test('what was given or returned can be changed without changing the store', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    const list = ['x'];
    await tables.write({ key, put: { list } });
    list.push('y');
    const [first] = await tables.read([key]);
    const returned = first!['list'];
    if (Array.isArray(returned)) returned.push('z');
    expect(await tables.read([key])).toEqual([{ list: ['x'] }]);
  });
}

function conditions(open: () => Tables): void {
  const cases: [string, NonNullable<Write['if']>, boolean][] = [
    ['absent', [{ attribute: 'none', is: 'absent' }], true],
    ['absent, though there', [{ attribute: 'n', is: 'absent' }], false],
    ['present', [{ attribute: 'n', is: 'present' }], true],
    ['present, though missing', [{ attribute: 'none', is: 'present' }], false],
    ['key present', [{ attribute: 'pk', is: 'present' }], true],
    ['equal', [{ attribute: 'n', is: '=', value: 5 }], true],
    ['equal in another type', [{ attribute: 'n', is: '=', value: '5' }], false],
    ['equal truth', [{ attribute: 'flag', is: '=', value: true }], true],
    ['equal to missing', [{ attribute: 'none', is: '=', value: 5 }], false],
    ['less', [{ attribute: 'n', is: '<', value: 5 }], false],
    ['less or equal', [{ attribute: 'n', is: '<=', value: 5 }], true],
    ['greater', [{ attribute: 'n', is: '>', value: 4 }], true],
    ['greater as text', [{ attribute: 's', is: '>', value: '10' }], true],
    ['greater in another type', [{ attribute: 's', is: '>', value: 1 }], false],
    ['text in order of bytes', [{ attribute: 'wide', is: '>', value: '\uffee' }], true],
    ['absent or equal', [{ attribute: 'n', is: 'absent or =', value: 5 }], true],
    ['absent or equal, missing', [{ attribute: 'none', is: 'absent or =', value: 5 }], true],
    ['absent or less', [{ attribute: 'n', is: 'absent or <', value: 5 }], false],
    ['absent or less or equal', [{ attribute: 'n', is: 'absent or <=', value: 5 }], true],
    [
      'all terms count',
      [
        { attribute: 'n', is: '=', value: 5 },
        { attribute: 'none', is: 'present' },
      ],
      false,
    ],
  ];

  test.each(cases)('%s', async (_title, terms, holds) => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    const item = { n: 5, s: '9', flag: true, wide: '\u{1f600}' };
    await tables.write({ key, put: item });
    const writes: Write[] = [
      { key, check: true, if: terms },
      { key, update: { set: { done: true } }, if: terms },
      { key, delete: true, if: terms },
    ];
    for (const write of writes) {
      if (holds) await tables.write(write);
      else expect((await failure(tables.write(write))).code).toBe('store/condition-failed');
    }
    expect(await tables.read([key])).toEqual([holds ? undefined : item]);
  });

  test('an item that does not exist has no attribute', async () => {
    const tables = open();
    const key = dirty(fresh(), 'a');
    expect(
      (await failure(tables.write({ key, put: {}, if: [{ attribute: 'pk', is: 'present' }] }))).code,
    ).toBe('store/condition-failed');
    await tables.write({ key, put: { a: 1 }, if: [{ attribute: 'pk', is: 'absent' }] });
    const error = await failure(
      tables.write({ key, put: { a: 2 }, if: [{ attribute: 'pk', is: 'absent' }] }),
    );
    expect(error.fields).toEqual({ failed: `dirty ${key.pk} / a`, indexes: '0' });
    expect(await tables.read([key])).toEqual([{ a: 1 }]);
  });

  test('of two writers with the same condition one wins', async () => {
    const tables = open();
    const key = control(fresh());
    const claim = (owner: number) =>
      tables.write({ key, put: { owner }, if: [{ attribute: 'owner', is: 'absent' }] });
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(claim));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
}

function transactions(open: () => Tables): void {
  test('all kinds of writes in several tables take effect together', async () => {
    const tables = open();
    const pk = fresh();
    await tables.write({ key: dirty(pk, 'gone'), put: { a: 1 } });
    await tables.write({ key: control(pk), put: { version: 3 } });
    await tables.transact([
      { key: control(pk), check: true, if: [{ attribute: 'version', is: '=', value: 3 }] },
      { key: dirty(pk, 'gone'), delete: true, if: [{ attribute: 'a', is: '=', value: 1 }] },
      { key: dirty(pk, 'new'), put: { b: [1] }, if: [{ attribute: 'pk', is: 'absent' }] },
      { key: dirty(pk, 'count'), update: { add: { n: 1 }, addToSet: { causes: ['x'] } } },
    ]);
    expect(await tables.read([dirty(pk, 'gone'), dirty(pk, 'new'), dirty(pk, 'count')])).toEqual([
      undefined,
      { b: [1] },
      { n: 1, causes: ['x'] },
    ]);
    await tables.transact([]);
  });

  test('one failed condition keeps everything as it was, and all failed items are named', async () => {
    const tables = open();
    const pk = fresh();
    await tables.write({ key: dirty(pk, 'a'), put: { version: 1 } });
    const error = await failure(
      tables.transact([
        {
          key: dirty(pk, 'a'),
          update: { set: { version: 2 } },
          if: [{ attribute: 'version', is: '=', value: 9 }],
        },
        { key: dirty(pk, 'b'), put: { x: 1 } },
        { key: control(pk), check: true, if: [{ attribute: 'pk', is: 'present' }] },
      ]),
    );
    expect(error.code).toBe('store/condition-failed');
    expect(error.fields).toEqual({ failed: `dirty ${pk} / a; control ${pk}`, indexes: '0,2' });
    expect(await tables.read([dirty(pk, 'a'), dirty(pk, 'b')])).toEqual([{ version: 1 }, undefined]);
  });
}

function queries(open: () => Tables): void {
  test('a partition comes in the order of the bytes of its sort keys, page by page', async () => {
    const tables = open();
    const pk = fresh();
    const sortKeys = ['b', 'a', 'aa', 'Z', '\uffee', '\u{1f600}', 'a|1', 'é'];
    for (const sortKey of sortKeys) await tables.write({ key: dirty(pk, sortKey), put: { name: sortKey } });
    await tables.write({ key: dirty(`${pk}x`, 'c'), put: {} });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await tables.query({
        table: 'dirty',
        pk,
        limit: 3,
        ...(after === undefined ? {} : { after }),
      });
      expect(page.items.length).toBeLessThanOrEqual(3);
      for (const { key, item } of page.items) {
        expect(key).toEqual(dirty(pk, `${key.sk}`));
        expect(item).toEqual({ name: key.sk });
        seen.push(`${key.sk}`);
      }
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(['Z', 'a', 'aa', 'a|1', 'b', 'é', '\uffee', '\u{1f600}']);
  });

  test('a prefix and a limit', async () => {
    const tables = open();
    const pk = fresh();
    for (const sortKey of ['g1|10.0.0.1', 'g1|10.0.0.2', 'g10|10.0.0.1']) {
      await tables.write({ key: dirty(pk, sortKey), put: { tags: ['x'] } });
    }
    const page = await tables.query({ table: 'dirty', pk, prefix: 'g1|' });
    expect(page.items.map(({ key }) => key.sk)).toEqual(['g1|10.0.0.1', 'g1|10.0.0.2']);
    expect(page.items[0]?.item).toEqual({ tags: ['x'] });
    expect((await tables.query({ table: 'dirty', pk, prefix: 'g1|', limit: 1 })).items).toHaveLength(1);
    expect(await tables.query({ table: 'dirty', pk: fresh() })).toEqual({ items: [] });
  });

  test('a table without sort key answers the one item', async () => {
    const tables = open();
    const pk = fresh();
    await tables.write({ key: control(pk), put: { a: 1 } });
    const page = await tables.query({ table: 'control', pk });
    expect(page.items).toEqual([{ key: { table: 'control', pk }, item: { a: 1 } }]);
  });

  test('a large partition needs pages even without a limit', async () => {
    const tables = open();
    const pk = fresh();
    for (let place = 0; place < 4; place++) {
      await tables.write({ key: dirty(pk, `k${place}`), put: { text: 'x'.repeat(390_000) } });
    }
    const first = await tables.query({ table: 'dirty', pk });
    expect(first.next).toBeDefined();
    const second = await tables.query({ table: 'dirty', pk, after: String(first.next) });
    expect([...first.items, ...second.items].map(({ key }) => key.sk)).toEqual(['k0', 'k1', 'k2', 'k3']);
  });

  test('the index lists the memberships of a bucket, wherever they are', async () => {
    const tables = open();
    const group = fresh();
    const member = (address: string, endpoint: string): Key => ({
      table: 'memberships',
      pk: `${group}|default|${address}`,
      sk: endpoint,
    });
    const bucket = `${group}|3`;
    const keys = [member('10.0.0.1', 'pod-a'), member('10.0.0.1', 'pod-b'), member('10.0.0.2', 'pod-c')];
    for (const key of keys) await tables.write({ key, put: { bucket, reason: 'x' } });
    await tables.write({ key: member('10.0.0.3', 'pod-d'), put: { bucket: `${group}|4` } });
    await tables.write({ key: member('10.0.0.4', 'pod-e'), put: { reason: 'not listed' } });
    const listed = async () => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const more = after === undefined ? {} : { after };
        const page = await tables.query({
          table: 'memberships',
          pk: bucket,
          index: 'by-group',
          limit: 2,
          ...more,
        });
        for (const { key, item } of page.items) {
          expect(item['bucket']).toBe(bucket);
          found.push(`${key.pk} ${key.sk}`);
        }
        after = page.next;
      } while (after !== undefined);
      return found.sort();
    };
    expect(await listed()).toEqual(keys.map(({ pk, sk }) => `${pk} ${sk}`));
    await tables.write({ key: keys[0]!, delete: true });
    await tables.write({ key: keys[1]!, update: { remove: ['bucket'] } });
    expect(await listed()).toEqual([`${keys[2]!.pk} ${keys[2]!.sk}`]);
  });
}

function mistakes(open: () => Tables): void {
  const wrong: [string, (tables: Tables, pk: string) => Promise<unknown>][] = [
    ['a key without sort key', (tables, pk) => tables.read([{ table: 'dirty', pk }])],
    ['a sort key where there is none', (tables, pk) => tables.read([{ table: 'control', pk, sk: 'a' }])],
    ['an empty key', (tables) => tables.read([{ table: 'control', pk: '' }])],
    ['an attribute named like the key', (tables, pk) => tables.write({ key: control(pk), put: { pk: 'x' } })],
    ['a number that is none', (tables, pk) => tables.write({ key: control(pk), put: { a: Number.NaN } })],
    [
      'one attribute twice',
      (tables, pk) => tables.write({ key: control(pk), update: { set: { a: 1 }, remove: ['a'] } }),
    ],
    [
      'an index key that is no string',
      (tables, pk) => tables.write({ key: { table: 'memberships', pk, sk: 'a' }, put: { bucket: 1 } }),
    ],
    ['a large item', (tables, pk) => tables.write({ key: control(pk), put: { a: 'x'.repeat(410_000) } })],
    [
      'two actions on one item',
      (tables, pk) =>
        tables.transact([
          { key: control(pk), put: {} },
          { key: control(pk), check: true, if: [{ attribute: 'pk', is: 'absent' }] },
        ]),
    ],
    [
      'more than 100 items',
      (tables, pk) =>
        tables.transact(Array.from({ length: 101 }, (_, place) => ({ key: dirty(pk, `${place}`), put: {} }))),
    ],
    ['a check of nothing', (tables, pk) => tables.write({ key: control(pk), check: true, if: [] })],
    ['a page that never was', (tables, pk) => tables.query({ table: 'dirty', pk, after: 'x' })],
  ];
  test.each(wrong)('%s is refused', async (_title, attempt) => {
    await expect(attempt(open(), fresh())).rejects.toThrow(TypeError);
  });

  test('values of another type are not turned into sets or counters', async () => {
    const tables = open();
    const key = control(fresh());
    await tables.write({ key, put: { list: ['a'], text: 'a' } });
    await expect(tables.write({ key, update: { addToSet: { list: ['b'] } } })).rejects.toThrow();
    await expect(tables.write({ key, update: { add: { text: 1 } } })).rejects.toThrow();
    expect(await tables.read([key])).toEqual([{ list: ['a'], text: 'a' }]);
  });
}
