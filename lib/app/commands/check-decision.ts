import { ZonebridgeError } from '../../core/errors.ts';
import { approvalRules } from '../configuration/approval-rules.ts';
import { maybeSamePerson } from '../person.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import type { Decision } from './approve.ts';

/** Throws `approval/second-person` or `approval/ticket`: what the active generation asks of a decision, for commands and events alike. */
export function checkDecision(
  active: ActiveConfiguration,
  decision: Pick<Decision, 'by' | 'ticket' | 'held'>,
  { secondPerson = true } = {},
): void {
  checkTicket(active, decision.ticket);
  if (secondPerson && approvalRules(active.configuration).secondPerson) checkSecondPerson(active, decision);
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

/** The same of what deletes: who applied the configuration that gave something up does not also take it off. */
export function checkDeletion(
  active: ActiveConfiguration,
  { by, ticket }: Pick<Decision, 'by' | 'ticket'>,
): void {
  checkTicket(active, ticket);
  if (approvalRules(active.configuration).secondPerson) checkIsNotAuthor(active, by);
}

function checkSecondPerson(active: ActiveConfiguration, { by, held }: Pick<Decision, 'by' | 'held'>): void {
  if (held.some(({ cause }) => cause === 'configuration')) checkIsNotAuthor(active, by);
  else checkIsKnown(by);
}

function checkIsKnown(by: Decision['by']): asserts by is Decision['by'] & { principal: string } {
  if (by.principal === undefined) {
    throw new ZonebridgeError(
      'approval/second-person',
      'AWS does not say who you are, and only a person that is known can be a second one',
    );
  }
}

/** Without a known author, nothing shows that this is somebody else. */
function checkIsNotAuthor(active: ActiveConfiguration, by: Decision['by']): void {
  checkIsKnown(by);
  if (maybeSamePerson(by.principal, active.principal)) {
    throw new ZonebridgeError(
      'approval/second-person',
      active.principal === undefined
        ? `it is not known who applied generation ${active.generation}, so nobody can be shown to be somebody else`
        : `${by.principal} applied generation ${active.generation}, which caused these changes`,
    );
  }
}
