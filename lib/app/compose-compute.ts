import { assumedRole } from '../aws/assumed-role.ts';
import { computeClient } from '../aws/clients/compute.ts';
import { Ec2Compute } from '../aws/ec2-compute.ts';
import type { Compute } from '../core/compute.ts';

/** Where EC2 is asked. */
export interface ComputePlace {
  region: string;
  /** Role to take in another account. */
  readRole?: string | undefined;
}

/** EC2 of an account and region; one of each place in a process. */
export function composeCompute(): (place: ComputePlace) => Compute {
  const known = new Map<string, Compute>();
  return (place) => {
    const key = JSON.stringify([place.region, place.readRole]);
    const compute = known.get(key) ?? computeAt(place);
    known.set(key, compute);
    return compute;
  };
}

function computeAt({ region, readRole }: ComputePlace): Compute {
  const known = { region, session: 'zonebridge-look', refusal: 'host/access-denied' } as const;
  const credentials = readRole === undefined ? undefined : assumedRole(readRole, known);
  return new Ec2Compute(computeClient(region, credentials));
}
