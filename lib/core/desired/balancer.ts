/** How the network interfaces of a load balancer are described in EC2. */
export type InterfaceDescription = { is: string } | { begins: string };

export type Balancer = { descriptions: readonly InterfaceDescription[] } | { problem: string };

/** A Network Load Balancer: its name and its id. */
const network =
  /^(?<name>[a-z0-9-]{1,32})-(?<id>[0-9a-f]{16})\.elb\.(?<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/i;
/** An Application or Classic Load Balancer: its name and a number that stands nowhere else. */
const other =
  /^(?:internal-)?(?<name>[a-z0-9-]{1,32})-(?<number>\d+)\.(?<region>[a-z0-9-]+)\.elb\.amazonaws\.com(?:\.cn)?$/i;

/**
 * Which network interfaces stand behind the host name of an AWS load balancer: EC2 describes them as `ELB net/<name>/<id>` (network),
 * `ELB app/<name>/<id>` (application) and `ELB <name>` (classic).
 * Assumption: the forms of host names, and the description of classic ones, which no reference confirms.
 */
export function balancerOf(hostName: string, region: string): Balancer {
  const found = network.exec(hostName)?.groups ?? other.exec(hostName)?.groups;
  if (!found) return { problem: 'it is not the name of an AWS load balancer' };
  const { name = '', id, region: its = '' } = found;
  if (its.toLowerCase() !== region)
    return { problem: `it is of region ${its}, and the cluster is in ${region}` };
  if (id !== undefined) return { descriptions: [{ is: `ELB net/${name}/${id}` }] };
  return { descriptions: [{ begins: `ELB app/${name}/` }, { is: `ELB ${name}` }] };
}
