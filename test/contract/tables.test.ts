import { describe, expect, test } from 'vitest';
import { MemoryTables } from '../support/memory-tables.ts';
import { tablesContract } from '../support/tables-contract.ts';

const shared = new MemoryTables();
tablesContract('tables in memory', () => shared);

describe('what the tables in memory add', () => {
  test('counts calls and units by the rules of DynamoDB', async () => {
    const tables = new MemoryTables();
    const key = { table: 'memberships', pk: 'g|default|10.0.0.1', sk: 'pod' } as const;
    await tables.write({ key, put: { bucket: 'g|1' } });
    expect(tables.usage).toEqual({ calls: 1, readUnits: 0, writeUnits: 2 });
    await tables.write({ key, update: { set: { note: 'x'.repeat(3000) } } });
    expect(tables.usage).toEqual({ calls: 2, readUnits: 0, writeUnits: 5 });
    await tables.transact([
      { key, update: { set: { bucket: 'g|2' }, remove: ['note'] } },
      { key: { table: 'control', pk: 'a' }, put: {} },
    ]);
    expect(tables.usage).toEqual({ calls: 3, readUnits: 0, writeUnits: 5 + 6 + 2 + 2 });
    tables.resetUsage();
    await tables.read([key, { table: 'control', pk: 'none' }]);
    await tables.query({ table: 'memberships', pk: 'g|2', index: 'by-group' });
    await tables.query({ table: 'memberships', pk: key.pk, limit: 1 });
    expect(tables.usage).toEqual({ calls: 3, readUnits: 2 + 0.5 + 1, writeUnits: 0 });
  });

  test('hooks fail a call before it has an effect, or lose its reply', async () => {
    const tables = new MemoryTables();
    const key = { table: 'control', pk: 'a' } as const;
    tables.beforeCall = (name) => {
      if (name === 'write') throw new Error('down');
    };
    await expect(tables.write({ key, put: {} })).rejects.toThrow('down');
    tables.beforeCall = undefined;
    expect(tables.all('control')).toEqual([]);
    tables.afterCall = () => {
      throw new Error('lost');
    };
    await expect(tables.write({ key, put: { a: 1 } })).rejects.toThrow('lost');
    expect(tables.all('control')).toEqual([{ key, item: { a: 1 } }]);
  });
});
