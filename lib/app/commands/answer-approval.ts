import { z } from 'zod';
import { isZonebridgeError, ZonebridgeError } from '../../core/errors.ts';
import type { TicketSystem } from '../configuration/model.ts';
import type { App } from '../compose.ts';
import { answerDetailType } from '../names.ts';
import { announceDone } from '../state/announcements.ts';
import { type ApprovalRequest, readRequest, takeRequest } from '../state/approval-requests.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { holdName } from '../sweep/tell-holds.ts';
import { approveHeld, type Decided, type HeldChange, listHeld, rejectHeld } from './approve.ts';

/** An event as the bus delivers it; `account` and `source` are what the bus and its policy vouch for. */
const busEvent = z.object({
  source: z.string(),
  account: z.string(),
  'detail-type': z.literal(answerDetailType),
  detail: z.unknown(),
});

/** What a ticket system says; docs/events.md. */
const answer = z.strictObject({
  schema: z.literal(1),
  request: z.string().min(1).max(100),
  digest: z.string().min(1).max(64),
  decision: z.enum(['approve', 'reject']),
  ticket: z.string().min(1).max(100).optional(),
  reason: z.string().min(1).max(400).optional(),
});
type Answer = z.infer<typeof answer>;

/**
 * Takes the answer of a ticket system to a request for approval, with the same checks as the command: the role that the configuration
 * names for its source and account is the person who decides. What is forged, late, repeated or about other changes is refused, told in
 * the log and as `answer-refused`, and changes nothing. Throws only what trying again can mend.
 */
export async function answerApproval(app: App, body: string): Promise<Decided | undefined> {
  const { telemetry } = app.ports;
  try {
    return await take(app, body);
  } catch (error) {
    if (!isZonebridgeError(error) || error.retry !== 'never') throw error;
    const { code, message } = error;
    telemetry.warn('answer refused', { code, problem: message, sample: body.slice(0, 500) });
    const detail = { code, problem: message.slice(0, 400) };
    const { clock, random, tables } = app.ports;
    await announceDone(tables, { id: random.id(), type: 'answer-refused', at: clock.now(), detail });
    return undefined;
  }
}

async function take({ ports, configurations }: App, body: string): Promise<Decided> {
  const event = parsed(busEvent, parseJson(body));
  const active = await configurations.active();
  const system = senderOf(active, event);
  const said = parsed(answer, event.detail);
  const request = await openRequest({ ports, configurations }, said);
  const wanted = new Set(request.holds);
  // Nobody was asked about a freeze that began since: only a command releases what it holds.
  const concerns = ({ reason }: HeldChange): boolean => said.decision === 'reject' || reason !== 'frozen';
  const held = (await listHeld(ports, active, request.firewall, request.group)).filter(
    (one) => wanted.has(holdName(one, one.key)) && concerns(one),
  );
  if (held.length === 0)
    throw refused(`nothing of request ${request.id} is held any more as it was when it was asked`);
  const by = { name: system.principal, principal: system.principal };
  const { ticket, reason } = said;
  const decision = { firewall: request.firewall, held, by, ticket, reason };
  const decided = await (said.decision === 'approve' ? approveHeld : rejectHeld)(ports, active, decision);
  await takeRequest(ports.tables, request.id, `${said.decision} ${decided.id}`).catch(unlessTaken);
  ports.telemetry.info('answer taken', {
    request: request.id,
    decision: said.decision,
    decided: decided.decided.length,
    changed: decided.changed.length,
    by: system.principal,
  });
  return decided;
}

/** Two deliveries at the same moment decide the same holds in the same way. */
function unlessTaken(error: unknown): void {
  if (!isZonebridgeError(error, 'store/condition-failed')) throw error;
}

function senderOf(active: ActiveConfiguration, event: z.infer<typeof busEvent>): TicketSystem {
  const systems = Object.values(active.configuration.ticketSystems ?? {});
  const system = systems.find(({ source, account }) => source === event.source && account === event.account);
  if (system) return system;
  throw refused(
    `no ticket system is configured with source ${event.source.slice(0, 100)} in ${event.account}`,
  );
}

async function openRequest({ ports }: App, said: Answer): Promise<ApprovalRequest> {
  const request = await readRequest(ports.tables, said.request);
  if (!request) throw refused(`there is no request ${said.request}`);
  if (request.digest !== said.digest)
    throw refused(`the digest is not the one of request ${request.id}: the answer is about other changes`);
  if (request.answered !== undefined)
    throw refused(`request ${request.id} was answered before (${request.answered})`);
  if (request.expiresAt <= ports.clock.now()) throw refused(`request ${request.id} has lapsed`);
  return request;
}

function refused(message: string): ZonebridgeError {
  return new ZonebridgeError('approval/unknown-request', message);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ZonebridgeError('record/invalid', z.prettifyError(result.error).slice(0, 400));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new ZonebridgeError('record/invalid', 'the answer is no JSON', { cause });
  }
}
