import { type ApiRequest, header } from '../../../simulators/http.ts';
import type { Device } from './device.ts';
import { digestOf, formatDigest } from './digest.ts';
import { type Place, transactionEnvelope } from './envelope.ts';
import { isObject, type JsonObject, missingEntry, Refusal, textOf } from './refusal.ts';
import { refused } from './transactions.ts';

/** How a client says which transaction a call belongs to ("View batch transaction commands through the REST API 7.4.1"). */
export function transactionOf(request: ApiRequest): string {
  return header(request, 'x-transaction-id');
}

/**
 * `POST /api/v2/cmdb?action=transaction-start|transaction-commit|transaction-abort`, from 6.4. What `transaction-list` and `transaction-show`
 * answer is in no source.
 */
export function answerTransaction(place: Place, device: Device, request: ApiRequest): JsonObject {
  const action = request.query.get('action') ?? '';
  const { transactions, settings } = device;
  if (request.method !== 'POST') throw missingEntry();
  const body = readBody(request.body);
  const envelope = (id: string | number, changed: boolean, results?: JsonObject): JsonObject => {
    const revision = formatDigest(digestOf(place.vdom, `transaction ${id}`));
    return transactionEnvelope(place, settings, { revision, changed, action, results });
  };
  switch (action) {
    case 'transaction-start': {
      if (transactionOf(request) !== '') throw refused('a transaction cannot begin in another one');
      const id = transactions.start(device, place.vdom, timeoutIn(body));
      return envelope(id, false, { [settings.behaviour.transactionId]: id });
    }
    case 'transaction-commit':
    case 'transaction-abort': {
      const id = idIn(body);
      if (action === 'transaction-abort') transactions.abort(id, place.vdom);
      else transactions.commit(device, id, place.vdom);
      return envelope(id, action === 'transaction-commit');
    }
    default:
      throw missingEntry();
  }
}

function readBody(body: string): JsonObject {
  try {
    const parsed: unknown = body === '' ? {} : JSON.parse(body);
    if (isObject(parsed)) return parsed;
  } catch {
    // Answered below like any other wrong body.
  }
  throw new Refusal(424);
}

/** Seconds. Assumption: without one it is the five minutes that a transaction of the command line has. */
function timeoutIn({ timeout = 300 }: JsonObject): number {
  if (typeof timeout === 'number' && Number.isInteger(timeout) && timeout > 0) return timeout;
  throw new Refusal(424);
}

/** The spelling of the answer is taken in both ways, as a client takes both. */
function idIn(body: JsonObject): string {
  const id = textOf(body['transaction-id'] ?? body['transaction_id']);
  if (/^\d{1,9}$/.test(id)) return id;
  throw new Refusal(424);
}
