import type { ApprovalSettings, Configuration, FreezePeriod } from './model.ts';

/** The rules of approvals with all defaults filled in. */
export interface ApprovalRules {
  secondPerson: boolean;
  ticket: { required: boolean; pattern: string | undefined };
  validMinutes: number;
  freeze: readonly FreezePeriod[];
}

/** A second person is asked for unless the configuration says otherwise: who forgets the section is on the safe side. */
export function approvalRules({ approvals }: Pick<Configuration, 'approvals'>): ApprovalRules {
  const { secondPerson = true, ticket, validMinutes = 60, freeze = [] }: ApprovalSettings = approvals ?? {};
  return {
    secondPerson,
    ticket: { required: ticket?.required ?? false, pattern: ticket?.pattern },
    validMinutes,
    freeze,
  };
}
