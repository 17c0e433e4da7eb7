import type { ALBEvent, ALBResult } from 'aws-lambda';
import { composeLists } from '../../lib/app/compose-lists.ts';
import { fromLoadBalancer, toLoadBalancer } from '../../lib/app/lists/load-balancer.ts';

const server = composeLists();

/** A firewall fetches a list. No line is logged for it: there may be hundreds a second, and who has what stands in the state. */
export async function handler(event: ALBEvent): Promise<ALBResult> {
  return toLoadBalancer(await server.answer(fromLoadBalancer(event)));
}
