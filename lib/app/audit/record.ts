import { z } from 'zod';

/** What the ledger said of one address at one moment. */
const image = z.object({
  state: z.enum(['pending', 'present', 'unknown', 'absent']),
  /** When this was reached, milliseconds since 1970. */
  since: z.number(),
  endpoint: z.string().optional(),
  /** `cluster/namespace/name` of the endpoint. */
  name: z.string().optional(),
  cause: z.string().optional(),
  generation: z.number().optional(),
  approval: z.object({ id: z.string(), by: z.string() }).optional(),
  object: z.string().optional(),
  fence: z.number(),
  /** Of a pending row: what is under way. */
  op: z.enum(['add', 'remove']).optional(),
  held: z
    .object({
      op: z.enum(['add', 'remove']),
      reason: z.string(),
      /** A person released it; milliseconds since 1970. */
      approved: z.object({ id: z.string(), by: z.string(), until: z.number() }).optional(),
      /** A person leaves it undone. */
      rejected: z.object({ by: z.string(), at: z.number(), reason: z.string().optional() }).optional(),
    })
    .optional(),
  withheldFor: z.string().optional(),
  /** What the firewall refused, or an answer that settled nothing. */
  answer: z.string().optional(),
});
export type Image = z.infer<typeof image>;

/** What happened, in one word. */
export const auditKinds = {
  /** A call was about to be made. */
  intent: 'about to',
  added: 'put there',
  removed: 'taken off',
  refused: 'refused by the firewall',
  unanswered: 'no usable answer',
  'read-back': 'read back from the firewall',
  held: 'held for a person',
  approved: 'released by a person',
  rejected: 'left undone by a person',
  'let-go': 'hold or refusal ended',
  'taken-by-hand': 'taken off by a person on the firewall',
  restored: 'allowed to come back',
  differs: 'differs on the firewall',
  object: 'object on the firewall',
  action: 'action of a person',
  noted: 'noted',
} as const;
export type AuditKind = keyof typeof auditKinds;

const kind = z.enum(Object.keys(auditKinds) as [AuditKind, ...AuditKind[]]);

/** One line of the archive: a change of the ledger, or what a person did. Never changed once written. */
export const auditRecord = z.object({
  /** Of the stream: the same change has the same id whenever it is delivered. */
  id: z.string(),
  /** Rises from change to change of one address. */
  sequence: z.string(),
  /** Milliseconds since 1970; of a row that is gone only to the second, because the stream tells no more. */
  at: z.number(),
  kind,
  firewall: z.string().optional(),
  group: z.string().optional(),
  realm: z.string().optional(),
  address: z.string().optional(),
  before: image.optional(),
  after: image.optional(),
  /** Of an outcome in the index whose intent came in the same batch: that intent, and when it was written. */
  intent: image.optional(),
  intentAt: z.number().optional(),
  /** Of an action: who, what, and why. */
  action: z
    .object({
      what: z.string(),
      by: z.string(),
      ticket: z.string().optional(),
      reason: z.string().optional(),
      details: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
  /** Of an object: the attributes that changed, before and after. */
  object: z
    .object({ before: z.record(z.string(), z.unknown()), after: z.record(z.string(), z.unknown()) })
    .optional(),
});
export type AuditRecord = z.infer<typeof auditRecord>;

/** Chain and folder of what is about no firewall. Ids of firewalls have no underscore. */
const hubSubject = '_hub';

/** Whose chain a record belongs to. */
export function subjectOf({ firewall }: AuditRecord): string {
  return firewall ?? hubSubject;
}

/** Day in UTC, such as `2026-11-21`. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** One change of the ledger as its stream tells it. */
export interface StreamChange {
  id: string;
  sequence: string;
  pk: string;
  sk: string;
  /** Milliseconds since 1970, to the second. */
  at: number;
  before: Record<string, unknown> | undefined;
  after: Record<string, unknown> | undefined;
}
