import { ZonebridgeError } from '../../core/errors.ts';
import { names } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ActiveConfiguration } from '../state/configurations.ts';
import { type Comparison, comparisonKey, readComparison } from './firewall-state.ts';

/** Asks for a comparison of a firewall; returns the id under which its result will be found. */
export async function requestReconcile(
  ports: Ports,
  active: ActiveConfiguration,
  firewall: string,
): Promise<string> {
  const settings = active.configuration.firewalls[firewall];
  if (!settings)
    throw new ZonebridgeError(
      'configuration/not-active',
      `no firewall ${firewall} in the active configuration`,
    );
  const requestId = ports.random.id();
  await ports.queues.send({
    queue: names.reconcileQueue(ports.hub, settings.network),
    body: JSON.stringify({ firewall, reason: 'requested', requestId }),
  });
  return requestId;
}

const pauseMs = 500;

/** Waits for the result of a request; undefined when the time is over before there is one. */
export async function waitForReconcile(
  ports: Ports,
  request: { firewall: string; requestId: string; timeoutMs: number },
): Promise<Comparison | undefined> {
  const end = ports.clock.now() + request.timeoutMs;
  for (;;) {
    const [item] = await ports.tables.read([comparisonKey(request.firewall)]);
    const found = readComparison(item);
    if (found?.answered.includes(request.requestId)) return found;
    if (ports.clock.now() >= end) return undefined;
    await ports.clock.sleep(pauseMs);
  }
}
