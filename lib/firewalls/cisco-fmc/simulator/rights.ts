import type { Call } from './call.ts';
import { Refusal } from './refusal.ts';
import type { Access } from './settings.ts';

const allows: Readonly<Record<Access, (call: Pick<Call, 'request' | 'parts'>) => boolean>> = {
  none: () => false,
  read: ({ request }) => request.method === 'GET',
  objects: ({ parts }) => parts[0] === 'object',
  edit: ({ request, parts }) => request.method === 'GET' || parts[0] !== 'deployment',
  'read-write': () => true,
};

/** Throws for what the user has no right to: 403, or 400 with another text, as the switch says. */
export function checkRights(call: Call): void {
  const { access, behaviour } = call.manager.settings;
  if (allows[access](call)) return;
  const status = behaviour.missingRight;
  const text =
    status === 400
      ? 'You do not have the required authorization to do this operation.'
      : 'The user is not authorized to perform this operation.';
  throw new Refusal(status, text, 'FRAMEWORK');
}
