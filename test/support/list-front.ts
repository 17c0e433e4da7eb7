import { type ListFront, openListFront } from '../../lib/sandbox/list-front.ts';
import type { ListWorld } from './list-world.ts';

/** Stands where the load balancer of a world of lists stands. */
export async function listFront(lists: ListWorld): Promise<ListFront> {
  return await openListFront(() => lists.server, '10.9.1.1');
}
