import { randomUUID } from 'node:crypto';
import { OwnNamespace } from './own-namespace.ts';
import { type Given, reach, type Reached } from './reach.ts';
import { checkRights } from './rights.ts';

/** A given cluster in which everything that the demo needs is allowed. Nothing was made in it yet. */
export interface GivenGround {
  api: 'given';
  reached: Reached;
  namespace: OwnNamespace;
  image: string;
  /** Namespaces that other demos made and did not take away (yet). */
  leftOvers: readonly string[];
}

/** Looks at a given cluster and changes nothing. Throws what {@link reach} and {@link checkRights} throw. */
export async function lookAtGiven(given: Given & { image: string }): Promise<GivenGround> {
  const { image, ...place } = given;
  const reached = await reach(place);
  const namespace = new OwnNamespace(reached, randomUUID());
  await checkRights(reached, namespace.name);
  return { api: 'given', reached, namespace, image, leftOvers: await namespace.leftOvers() };
}
