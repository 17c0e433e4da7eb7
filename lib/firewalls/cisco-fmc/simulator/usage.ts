import { type Call, filters, type Result } from './call.ts';
import { pageOf } from './pages.ts';
import { invalid, missing, unsupported } from './refusal.ts';

/** `object/operational/usage?filter=uuid:<id>;type:<type>`: what refers to a network object; dynamic objects are not covered. */
export function answerUsage(call: Call): Result {
  if (call.request.method !== 'GET') throw unsupported(call.request.method);
  if (call.parts[2] !== 'usage' || call.parts[3] !== undefined) throw missing('path');
  const wanted = filters(call.request.query);
  const id = wanted.get('uuid');
  if (id === undefined || !wanted.has('type')) throw invalid('filter must name uuid and type.');
  if (!call.domain.network(id)) throw missing('object');
  return { status: 200, body: pageOf(call, call.domain.usersOf(id), (user) => ({ ...user })) };
}
