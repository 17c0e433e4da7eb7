import { ZonebridgeError } from '../../core/errors.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { isSomebody, maybeSamePerson } from '../person.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import type { Decision } from './approve.ts';
import { type Author, authorsOf, generationSince } from './authors.ts';

/** Throws `approval/second-person` or `approval/ticket`: what the active generation asks of a decision, for commands and events alike. */
export async function checkDecision(
  { tables }: Pick<Ports, 'tables'>,
  active: ActiveConfiguration,
  { by, ticket, held }: Pick<Decision, 'by' | 'ticket' | 'held'>,
  { secondPerson = true } = {},
): Promise<void> {
  checkTicket(active, ticket);
  if (!secondPerson || !approvalRules(active.configuration).secondPerson) return;
  checkIsKnown(by);
  const caused = held.filter(({ cause }) => cause === 'configuration');
  if (caused.length === 0) return;
  // The hold of an earlier version does not tell under which generation it began.
  const asked = caused.map(({ askedIn }) => askedIn ?? active.generation);
  checkIsNotAuthor(by, await authorsOf(tables, active, asked));
}

/** Throws `approval/ticket` when the configuration asks for a ticket and this is none. */
export function checkTicket(active: ActiveConfiguration, given: string | undefined): void {
  const { required, pattern } = approvalRules(active.configuration).ticket;
  if (given === undefined) {
    if (required) throw new ZonebridgeError('approval/ticket', 'no ticket was given');
    return;
  }
  if (given.length > 100)
    throw new ZonebridgeError('approval/ticket', 'the ticket is longer than 100 characters');
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(given)) {
    throw new ZonebridgeError('approval/ticket', `${JSON.stringify(given)} does not fit ${pattern}`);
  }
}

/** The same of what deletes: who applied the configuration that gave something up, at that moment, does not also take it off. */
export async function checkDeletion(
  { tables }: Pick<Ports, 'tables'>,
  active: ActiveConfiguration,
  { by, ticket, since }: Pick<Decision, 'by' | 'ticket'> & { since: number | undefined },
): Promise<void> {
  checkTicket(active, ticket);
  if (!approvalRules(active.configuration).secondPerson) return;
  checkIsKnown(by);
  const generation = since === undefined ? active.generation : await generationSince(tables, active, since);
  checkIsNotAuthor(by, await authorsOf(tables, active, [generation]));
}

function checkIsKnown(by: Decision['by']): void {
  if (isSomebody(by.principal)) return;
  const who = by.principal === undefined ? 'you are' : `${by.principal} is`;
  throw new ZonebridgeError(
    'approval/second-person',
    `AWS does not say who ${who}, and only a person that is known can be a second one`,
  );
}

/** Without a known author, nothing shows that this is somebody else. */
function checkIsNotAuthor(by: Decision['by'], authors: readonly Author[]): void {
  const author = authors.find(({ principal }) => maybeSamePerson(by.principal, principal));
  if (!author) return;
  const { generation, principal } = author;
  throw new ZonebridgeError(
    'approval/second-person',
    !isSomebody(principal)
      ? `it is not known who applied generation ${generation}, so nobody can be shown to be somebody else`
      : `${by.principal} applied generation ${generation}, which caused these changes`,
  );
}
