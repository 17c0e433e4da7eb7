const minutesOfMonth = 43_800;
const hoursOfMonth = 730;
const million = 1_000_000;

/** List prices of us-east-1 in dollars, as docs/cost.md names them; those of the load balancer are found in third-party tables only. */
const prices = {
  lambdaMillion: 0.2,
  lambdaGbSecond: 0.0000133,
  writeUnitsMillion: 0.625,
  objectReadsMillion: 0.4,
  balancerHour: 0.0225,
  balancerUnitHour: 0.008,
};
/** Memory of the function in GB. */
const memory = 0.5;
/** New connections a second that one unit of the load balancer holds. */
const connectionsPerUnit = 25;

export interface Cost {
  requestsPerSecond: number;
  requests: number;
  duration: number;
  notes: number;
  balancer: number;
  bucket: number;
  total: number;
}

/**
 * Dollars a month for firewalls that each fetch one unchanged list every minute by a new connection. Lambda bills whole milliseconds; a note
 * every five minutes, by one copy of the function; the bucket is asked every five seconds by each of ten copies.
 */
export function monthlyCost({
  firewalls,
  millisecondsEach,
}: {
  firewalls: number;
  millisecondsEach: number;
}): Cost {
  const requests = firewalls * minutesOfMonth;
  const seconds = (requests * Math.max(1, Math.ceil(millisecondsEach))) / 1000;
  const perSecond = firewalls / 60;
  const parts = {
    requests: (requests / million) * prices.lambdaMillion,
    duration: seconds * memory * prices.lambdaGbSecond,
    notes: (requests / 5 / million) * prices.writeUnitsMillion,
    balancer:
      hoursOfMonth * (prices.balancerHour + (perSecond / connectionsPerUnit) * prices.balancerUnitHour),
    bucket: ((10 * 12 * minutesOfMonth) / million) * prices.objectReadsMillion,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  const cents = Object.fromEntries(
    Object.entries({ ...parts, total }).map(([name, value]) => [name, Math.round(value * 100) / 100]),
  );
  return { requestsPerSecond: Math.round(perSecond), ...(cents as Omit<Cost, 'requestsPerSecond'>) };
}
