import type { Adom } from './adom.ts';
import { type Call, changer } from './call.ts';
import { naming } from './mappings.ts';
import { type JsonObject, Refusal } from './refusal.ts';
import { blockOf } from './rule-tables.ts';
import { listOf, missingReference, type TableSchema } from './table.ts';

/** Throws for a row that names what is not there, or has too many members. */
export function checkRow(
  call: Call,
  { adom, schema }: { adom: Adom; schema: TableSchema },
  row: JsonObject,
): void {
  adom.checkReferences(schema, row, changer(call).session);
  const block = blockOf(row);
  // Assumption: what a block that is not there is refused with.
  if (block !== undefined && !adom.hasBlock(block)) throw missingReference(block);
  refuseTooMany(call, schema, row);
}

/**
 * Throws for a group with too many members, own or of a mapping. Only the contract of FortiGates says how many there may be, and only for
 * IPv4. Assumption: the manager refuses more, with the words of a full table.
 */
export function refuseTooMany({ manager }: Call, { path }: TableSchema, row: JsonObject): void {
  const most = path === 'firewall/addrgrp' ? manager.settings.limits.groupMembers : Infinity;
  if (naming(row).some((one) => listOf(one, 'member').length > most))
    throw new Refusal(-1, 'Maximum number of entries has been reached');
}
