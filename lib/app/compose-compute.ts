import { assumedRole } from '../aws/assumed-role.ts';
import { clusterIdentitiesClient } from '../aws/clients/cluster-identities.ts';
import { Ec2Compute } from '../aws/ec2/compute.ts';
import { Ec2Query } from '../aws/ec2/query.ts';
import { systemClock } from '../aws/system.ts';
import type { Compute } from '../core/compute.ts';
import { computeEndpoint } from './environment.ts';

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
  const credentials = readRole === undefined ? undefined : assumedRole(readRole, region);
  const identity = clusterIdentitiesClient(region, credentials);
  const pause = (milliseconds: number): Promise<void> => systemClock.sleep(milliseconds);
  return new Ec2Compute(new Ec2Query({ identity, endpoint: computeEndpoint(process.env), pause }));
}
