import type { Key, Tables, Write } from '../../core/ports.ts';
import { count, text, texts } from './items.ts';

/** Row of a request for approval: a fixed set of holds, which may be answered once until it expires. */
export interface ApprovalRequest {
  id: string;
  firewall: string;
  group: string;
  /** Hash over the holds: an answer names it, so that it is for these and no others. */
  digest: string;
  /** `op since key` of each. */
  holds: readonly string[];
  expiresAt: number;
  answered: string | undefined;
}

/** A late answer hears for a day why it is refused; then the row goes by itself. */
const keptSeconds = 86_400;

function requestKey(id: string): Key {
  return { table: 'control', pk: `approval-request|${id}` };
}

export function storeRequest(request: Omit<ApprovalRequest, 'answered'>): Write {
  const { id, holds, expiresAt: validUntil, ...rest } = request;
  const expiresAt = Math.ceil(validUntil / 1000) + keptSeconds;
  return { key: requestKey(id), put: { ...rest, holds: [...holds], validUntil, expiresAt } };
}

export async function readRequest(tables: Tables, id: string): Promise<ApprovalRequest | undefined> {
  const [item] = await tables.read([requestKey(id)]);
  if (!item) return undefined;
  return {
    id,
    firewall: text(item, 'firewall') ?? '',
    group: text(item, 'group') ?? '',
    digest: text(item, 'digest') ?? '',
    holds: texts(item, 'holds'),
    expiresAt: count(item, 'validUntil') || count(item, 'expiresAt'),
    answered: text(item, 'answered'),
  };
}

/** Takes the request for one answer. Throws `store/condition-failed` when somebody answered before. */
export async function takeRequest(tables: Tables, id: string, answer: string): Promise<void> {
  await tables.write({
    key: requestKey(id),
    update: { set: { answered: answer } },
    if: [
      { attribute: 'answered', is: 'absent' },
      { attribute: 'digest', is: 'present' },
    ],
  });
}
