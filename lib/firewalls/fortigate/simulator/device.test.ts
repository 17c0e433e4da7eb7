import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Device } from './device.ts';
import { Refusal } from './refusal.ts';
import { defaultSettings } from './settings.ts';
import type { ConfigTable } from './table.ts';

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');

/** One write on addresses or groups, as a function that may be refused. */
const operation = fc.oneof(
  fc.record({
    kind: fc.constant('create'),
    table: fc.constantFrom('address', 'addrgrp'),
    name: names,
    member: names,
  }),
  fc.record({
    kind: fc.constant('comment'),
    table: fc.constantFrom('address', 'addrgrp'),
    name: names,
    member: names,
  }),
  fc.record({
    kind: fc.constant('rename'),
    table: fc.constantFrom('address', 'addrgrp'),
    name: names,
    member: names,
  }),
  fc.record({
    kind: fc.constant('delete'),
    table: fc.constantFrom('address', 'addrgrp'),
    name: names,
    member: names,
  }),
  fc.record({ kind: fc.constant('link'), table: fc.constant('addrgrp'), name: names, member: names }),
  fc.record({ kind: fc.constant('unlink'), table: fc.constant('addrgrp'), name: names, member: names }),
  fc.record({ kind: fc.constant('replace'), table: fc.constant('addrgrp'), name: names, member: names }),
);

/** Long enough that names are made, linked, renamed and deleted again. */
const operations = fc.array(operation, { minLength: 30, maxLength: 80, size: 'max' });

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

function tableOf(device: Device, name: string): ConfigTable {
  return device.vdom('root').table(`firewall/${name}`)!;
}

function run(device: Device, { kind, table: name, name: key, member }: Operation): void {
  const table = tableOf(device, name);
  const list = name === 'addrgrp' ? { member: [{ name: member }] } : {};
  try {
    switch (kind) {
      case 'create':
        return void table.create({ name: key, ...list });
      case 'comment':
        return void table.update(key, { comment: member });
      case 'rename':
        return void table.update(key, { name: member });
      case 'delete':
        return void table.delete(key);
      case 'link':
        return void table.addLink(key, 'member', { name: member });
      case 'unlink':
        return void table.removeLink(key, 'member', member);
      case 'replace':
        return void table.update(key, list);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
  }
}

/** What counting the links from scratch gives. */
function recountedReferences(device: Device, table: string, key: string): number {
  return [...tableOf(device, 'addrgrp').rows.values()].filter(
    (row) => row.lists.get('member')?.get(key) === `firewall/${table}`,
  ).length;
}

describe('after any writes', () => {
  test('revisions and reference counts are those of a device made fresh with this content', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const device = new Device(defaultSettings('7.4.4', 0), ['root']);
        for (const step of steps) {
          run(device, step);
        }
        const copy = device.copy();
        for (const name of ['address', 'addrgrp']) {
          expect(copy.vdom('root').table(`firewall/${name}`)?.revision).toBe(tableOf(device, name).revision);
          for (const key of tableOf(device, name).rows.keys()) {
            expect(tableOf(device, name).references(key)).toBe(recountedReferences(device, name, key));
          }
        }
        expect(copy.snapshot()).toEqual(device.snapshot());
      }),
    );
  });

  test('every member of every group exists, and no name is in both tables', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const device = new Device(defaultSettings('7.4.4', 0), ['root']);
        for (const step of steps) {
          run(device, step);
        }
        const [addresses, groups] = [tableOf(device, 'address').rows, tableOf(device, 'addrgrp').rows];
        for (const group of groups.values()) {
          expect(addresses.has(group.key)).toBe(false);
          for (const member of group.lists.get('member')?.keys() ?? []) {
            expect(addresses.has(member) || groups.has(member)).toBe(true);
          }
        }
      }),
    );
  });
});
