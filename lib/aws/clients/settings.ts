/**
 * One client of a service per process; connections are kept alive. A call that got no answer is tried three times,
 * so that the longest wait stays below a third of the time-outs of our functions. Each client lies in a file of its own, so that
 * a bundle holds only the clients it uses.
 */
const settings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true },
};

/** For who answers while somebody waits: two tries of two seconds, so that three services that hang leave time for the answer. */
export const hastySettings = {
  maxAttempts: 2,
  requestHandler: { ...settings.requestHandler, requestTimeout: 2000 },
};

/** Functions run where their environment says; the command line names the region of its hub. One process works with one. */
export function inRegion(region: string | undefined, hasty = false): typeof settings & { region?: string } {
  const own = hasty ? hastySettings : settings;
  return region === undefined ? own : { ...own, region };
}
