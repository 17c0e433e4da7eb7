import type { V1Pod } from '@kubernetes/client-node';

/** Why pods do not run, as their cluster says it: nowhere to go, an image that does not come, no address. Each reason once. */
export function obstaclesOf(pods: readonly V1Pod[]): string[] {
  return [...new Set(pods.flatMap(({ status }) => reasons(status)))];
}

function reasons(status: V1Pod['status']): string[] {
  const place = status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  const scheduling = place
    ? [`${place.reason ?? 'not scheduled'}: ${place.message ?? 'no reason given'}`]
    : [];
  const waiting = (status?.containerStatuses ?? []).flatMap(({ state }) => state?.waiting ?? []);
  const containers = waiting.map(({ reason, message }) =>
    [reason ?? 'waiting', ...(message === undefined ? [] : [message])].join(': '),
  );
  return [...scheduling, ...containers].map((reason) => reason.slice(0, 300));
}
